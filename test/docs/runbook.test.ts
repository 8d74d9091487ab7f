import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Three words and more between backticks are what the log or an answer says, or these commands. */
const QUOTED = /`((?!kubectl|docker|minikube|aws|npx|npm)[a-z]+(?:[ :]+[a-z]+){2,})`/g;

/** Of bubblewrap, which the log repeats. */
const OF_OTHERS = ['setting up uid map'];

async function sources(): Promise<string> {
  const texts = ['server', 'workers', 'shared'].map(async (folder) => {
    const names = await readdir(join(ROOT, folder), { recursive: true });
    const files = names.filter((name) => name.endsWith('.ts')).map((name) => join(ROOT, folder, name));
    return Promise.all(files.map((file) => readFile(file, 'utf8')));
  });
  return (await Promise.all(texts)).flat().join('\n');
}

test('what the runbook has an operator look for is what the service says', async () => {
  const runbook = await readFile(join(ROOT, 'deploy/RUNBOOK.md'), 'utf8');
  const quoted = [...new Set([...runbook.matchAll(QUOTED)].map(([, words = '']) => words))];
  expect(quoted).toContain('worker died before it was ready');
  expect(quoted.length).toBeGreaterThan(10);
  const said = await sources();
  expect(quoted.filter((words) => !said.includes(words))).toEqual(OF_OTHERS);
});
