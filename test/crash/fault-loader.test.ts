import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readGraph } from '../architecture/module-graph.ts';
import { Fault, faultPicture } from '../fixtures/fault-pictures.ts';
import { expectCleanEnd, expectWhole, outcomesOf } from '../helpers/aftermath.ts';
import { RUNTIME, startService } from '../helpers/service.ts';
import { type Accepted, upload } from '../helpers/upload.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LOADER = fileURLToPath(new URL('../fixtures/fault-loader.ts', import.meta.url));
const WORKER = `${ROOT}workers/worker/main.ts`;

test('no code of the product imports or names a test', async () => {
  const graph = await readGraph(ROOT, ['server', 'workers', 'shared']);
  for (const { path, imports, spawns } of graph.values()) {
    expect(
      [...imports, ...spawns].filter((it) => it.startsWith('test')),
      path,
    ).toEqual([]);
    expect(await readFile(`${ROOT}${path}`, 'utf8'), path).not.toMatch(/['"`/]test\/|fault-loader/);
  }
});

test('the service gives its workers no program but their own', async () => {
  const main = await readFile(`${ROOT}server/main.ts`, 'utf8');
  expect(main).toBe("import { serve } from './serve.ts';\n\nawait serve();\n");
});

test('nor can its environment: a picture that tells of a fault is a picture like any other', async () => {
  const env = {
    WORKER_ENTRY: LOADER,
    WORKER_PATH: LOADER,
    DARKROOM_WORKER: LOADER,
    NODE_OPTIONS: '--no-warnings',
    NODE_PATH: ROOT,
    BUN_OPTIONS: '--no-warnings',
  };
  await using service = await startService({ env, codeCache: false });
  for (const pid of await service.workerPids()) {
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').filter(Boolean);
    expect(command.slice(1)).toEqual(RUNTIME === 'node' ? ['--initial-heap-size=96', WORKER] : [WORKER]);
    const names = (await readFile(`/proc/${pid}/environ`, 'utf8'))
      .split('\0')
      .filter(Boolean)
      .map((variable) => variable.split('=')[0]);
    expect(names.sort()).toEqual(['MALLOC_ARENA_MAX', 'PATH']);
  }
  const accepted: Accepted[] = [];
  for (const fault of Fault.options) accepted.push(await upload(service, faultPicture(fault)));
  for (const job of (await expectWhole(service, accepted)).values()) {
    expect(outcomesOf(job)).toEqual(['succeeded']);
  }
  await expectCleanEnd(service);
});

test('it is not in the image: what ships is named, and no test is', async () => {
  const [, ...named] = (await readFile(`${ROOT}.dockerignore`, 'utf8'))
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('#'));
  expect(named.sort()).toEqual([
    '!.npmrc',
    '!LICENSE',
    '!THIRD_PARTY.md',
    '!deploy/image',
    '!package-lock.json',
    '!package.json',
    '!server',
    '!shared',
    '!workers',
  ]);
});
