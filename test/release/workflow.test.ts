import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { ROOT } from './package-folder.ts';

const Step = z.object({ uses: z.string().optional(), run: z.string().optional() });
const Job = z.object({ permissions: z.record(z.string(), z.string()), steps: z.array(Step).default([]) });
const text = readFileSync(join(ROOT, '.github/workflows/release.yml'), 'utf8');
const { jobs, permissions } = z
  .object({ permissions: z.object({}).strict(), jobs: z.record(z.string(), Job) })
  .parse(parse(text));

test('what is not ours is of one commit, and says of which version', () => {
  const used = [...text.matchAll(/uses: ([^.].*)$/gm)].map(([, what]) => what);
  expect(used.length).toBeGreaterThan(3);
  for (const what of used) expect(what).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

test('only who runs nothing of the repository may write, or prove who it is', () => {
  expect(permissions).toEqual({});
  for (const { permissions, steps } of Object.values(jobs)) {
    const mayWrite = Object.values(permissions).includes('write');
    const hasCode = steps.some(({ uses }) => uses?.startsWith('actions/checkout@'));
    expect(mayWrite && hasCode).toBe(false);
  }
});

test('starts only what there is', () => {
  const started = [...text.matchAll(/test\/[\w/-]+\.ts/g)].map(([path]) => path);
  expect(started).toEqual(['test/release/notes.ts']);
  for (const path of started) expect(existsSync(join(ROOT, path)), path).toBe(true);
});
