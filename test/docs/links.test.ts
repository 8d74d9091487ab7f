import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const DOCUMENTS = ['README.md', 'CONTRIBUTING.md', 'deploy/RUNBOOK.md', 'test/bench/README.md'];

/** As GitHub names a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

const withoutCode = (text: string): string => text.replaceAll(/^ *```.*?^ *```$/gms, '');

async function anchorsOf(path: string): Promise<string[]> {
  const text = withoutCode(await readFile(path, 'utf8'));
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
}

test.each(DOCUMENTS)('links of %s lead to what is there', async (document) => {
  const from = join(ROOT, document);
  const text = withoutCode(await readFile(from, 'utf8'));
  const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)];
  const broken: string[] = [];
  for (const [link, path = '', anchor] of links) {
    const target = path === '' ? from : join(dirname(from), path);
    const isThere = existsSync(target) && (!anchor || (await anchorsOf(target)).includes(anchor));
    if (!isThere) broken.push(`${link}: ${relative(ROOT, target)}`);
  }
  expect(broken).toEqual([]);
});

test.each(DOCUMENTS)('%s has no section twice', async (document) => {
  const text = withoutCode(await readFile(join(ROOT, document), 'utf8'));
  const sections = [...text.matchAll(/^## (.*)$/gm)].map(([, section]) => section);
  expect(sections.filter((section, at) => sections.indexOf(section) < at)).toEqual([]);
});
