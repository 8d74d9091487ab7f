import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { messageOf } from './message-of.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function started(program: string) {
  const path = join(folder, `${crypto.randomUUID()}.js`);
  await writeFile(path, program);
  return fork(path);
}

test('a process is heard, and one that says nothing more has ended', async () => {
  const child = await started("process.send(42, () => process.once('message', () => process.exit(3)))");
  expect(await messageOf(child)).toBe(42);
  const next = messageOf(child);
  child.send('end');
  await expect(next).rejects.toThrow('has ended: 3');
});

test('a process that is killed before it has said anything is not waited for', async () => {
  const child = await started('setInterval(() => {}, 1000)');
  await once(child, 'spawn');
  const message = messageOf(child);
  child.kill('SIGKILL');
  await expect(message).rejects.toThrow('has ended: SIGKILL');
});
