import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { graphOf, type ModuleGraph, readGraph } from './module-graph.ts';
import { RULES, type RuleName } from './rules.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const NAMES = Object.keys(RULES) as RuleName[];

const IMPLEMENTS =
  "import type { JobStore } from '../job-store.ts'; export class PgStore implements JobStore {}";

/** For each rule, small graphs that break it, with what it must say. */
const BREACHES: Record<RuleName, [Record<string, string>, string][]> = {
  '1: shared imports nothing of ours outside shared': [
    [{ 'shared/a.ts': "import '../server/b.ts';" }, 'shared/a.ts imports server/b.ts'],
    [{ 'shared/a.ts': "export type { B } from '../server/b.ts';" }, 'shared/a.ts imports server/b.ts'],
    [{ 'shared/a.ts': "type B = import('../workers/b.ts').B;" }, 'shared/a.ts imports workers/b.ts'],
  ],
  '1: the domain files do no I/O': [
    [{ 'shared/domain/a.ts': "import { open } from 'node:fs';" }, 'shared/domain/a.ts imports node:fs'],
    [{ 'shared/domain/a.ts': "import '../errors.ts';" }, 'shared/domain/a.ts imports shared/errors.ts'],
  ],
  "2: the worker imports only shared's domain, protocol and errors": [
    [
      { 'workers/worker/a.ts': "import '../../shared/config.ts';" },
      'workers/worker/a.ts imports shared/config.ts',
    ],
    [
      { 'workers/worker/a.ts': "export * from '../supervisor/b.ts';" },
      'workers/worker/a.ts imports workers/supervisor/b.ts',
    ],
  ],
  '2: nobody imports the worker': [
    [
      { 'server/a.ts': "import type { B } from '../workers/worker/b.ts';" },
      'server/a.ts imports workers/worker/b.ts',
    ],
    [
      { 'workers/supervisor/a.ts': "await import('../worker/b.ts');" },
      'workers/supervisor/a.ts imports workers/worker/b.ts',
    ],
  ],
  '3: the supervisor imports only shared': [
    [
      { 'workers/supervisor/a.ts': "import '../../server/b.ts';" },
      'workers/supervisor/a.ts imports server/b.ts',
    ],
    [{ 'workers/supervisor/a.ts': 'await import(name);' }, 'workers/supervisor/a.ts imports ?name'],
  ],
  '3: the server reaches the workers only in the composition root': [
    [
      { 'server/a.ts': "import '../workers/supervisor/b.ts';" },
      'server/a.ts imports workers/supervisor/b.ts',
    ],
  ],
  '4: sharp and libheif are only in the worker': [
    [{ 'server/a.ts': "import sharp from 'sharp';" }, 'server/a.ts imports sharp'],
    [
      { 'server/a.ts': "import libheif from 'libheif-js/libheif-wasm/libheif.js';" },
      'server/a.ts imports libheif-js',
    ],
    [
      { 'workers/supervisor/a.ts': "import type { Sharp } from 'sharp/lib/index';" },
      'workers/supervisor/a.ts imports sharp',
    ],
  ],
  '4: hono is only in the server': [
    [{ 'shared/a.ts': "import { Hono } from 'hono/tiny';" }, 'shared/a.ts imports hono'],
    [
      { 'workers/supervisor/a.ts': "import '@hono/node-server';" },
      'workers/supervisor/a.ts imports @hono/node-server',
    ],
  ],
  '4: the SDK of S3 is only in its storage': [
    [{ 'server/a.ts': "import '@aws-sdk/client-s3';" }, 'server/a.ts imports @aws-sdk/client-s3'],
    [
      { 'shared/storage/a.ts': "import type { IPolicy } from 'cockatiel';" },
      'shared/storage/a.ts imports cockatiel',
    ],
  ],
  '4: what is for many machines is loaded by nobody who may do without': [
    [
      { 'server/main.ts': "import './a.ts';", 'server/a.ts': "import { Pool } from 'pg';" },
      'server/a.ts loads pg',
    ],
    [
      {
        'server/main.ts': "import '../shared/storage/s3/a.ts';",
        'shared/storage/s3/a.ts': "import { S3Client } from '@aws-sdk/client-s3';",
      },
      'shared/storage/s3/a.ts loads @aws-sdk/client-s3',
    ],
  ],
  '4: the environment is read only in the config': [
    [{ 'server/a.ts': 'const port = process.env.PORT;' }, 'server/a.ts reads process.env'],
    [{ 'server/a.ts': "const all = process['env'];" }, 'server/a.ts reads process.env'],
    [{ 'server/a.ts': 'const { env } = process;' }, 'server/a.ts reads process.env'],
    [{ 'server/a.ts': "import { env as e } from 'node:process';" }, 'server/a.ts reads process.env'],
    [{ 'server/a.ts': 'const port = Bun.env.PORT;' }, 'server/a.ts reads process.env'],
  ],
  '5: stores and storages are constructed only in the composition root': [
    [
      {
        'shared/jobs/pg/store.ts': IMPLEMENTS,
        'server/a.ts': "import { PgStore } from '../shared/jobs/pg/store.ts';",
      },
      'server/a.ts imports shared/jobs/pg/store.ts',
    ],
  ],
  '6: what routes run is parsing, the functions that they call, and the answer': [
    [
      { 'server/routes/a.ts': "import { rm } from 'node:fs/promises';" },
      'server/routes/a.ts imports node:fs/promises',
    ],
    [
      { 'server/routes/a.ts': "import { lockFolder } from '../../shared/storage/disk/folder-lock.ts';" },
      'server/routes/a.ts imports shared/storage/disk/folder-lock.ts',
    ],
    [{ 'server/routes/a.ts': "await import('kysely');" }, 'server/routes/a.ts imports kysely'],
  ],
  '6: routes neither loop nor catch': [
    [{ 'server/routes/a.ts': 'for (const it of [1]) it;' }, 'server/routes/a.ts loops'],
    [{ 'server/routes/a.ts': 'export const f = () => { while (f()); };' }, 'server/routes/a.ts loops'],
    [{ 'server/routes/a.ts': 'try { f(); } catch {}' }, 'server/routes/a.ts catches'],
  ],
  'there are no cycles': [
    [
      { 'server/a.ts': "import './b.ts';", 'server/b.ts': "import type { A } from './a.ts';" },
      'server/a.ts -> server/b.ts -> server/a.ts',
    ],
    [{ 'server/a.ts': "export * from './a.ts';" }, 'server/a.ts -> server/a.ts'],
  ],
  'everything that is imported or spawned is there': [
    [{ 'server/a.ts': "import './b.ts';" }, 'server/a.ts names server/b.ts'],
    [{ 'server/a.ts': "new URL('./b.ts', import.meta.url);" }, 'server/a.ts names server/b.ts'],
  ],
};

describe('each rule can fail', () => {
  const cases = NAMES.flatMap((name) =>
    BREACHES[name].map(([sources, said]) => [name, said, sources] as const),
  );

  test.each(cases)('%s: %s', (name, said, sources) => {
    expect(RULES[name](graphOf(sources))).toEqual([said]);
  });

  test('and none sees a breach in a comment, a text, or what is allowed', () => {
    const innocent = graphOf({
      'shared/config.ts': "import { z } from 'zod'; export const port = process.env.PORT;",
      'shared/domain/a.ts':
        "// import 'node:fs'; process.env\nexport const text = \"import 'sharp'; process.env.X\";",
      'shared/jobs/pg/store.ts': 'export class PgStore implements JobStore {}',
      'server/a.ts':
        "import type { PgStore } from '../shared/jobs/pg/store.ts'; const it = { env: 1 }; it.env;",
      'server/main.ts': "await import('./composition/service.ts');",
      'server/composition/service.ts':
        "import { PgStore } from '../../shared/jobs/pg/store.ts'; import '../../workers/supervisor/launcher.ts'; await import('../../shared/storage/s3/s3-storage.ts');",
      'shared/storage/s3/s3-storage.ts': "import '@aws-sdk/client-s3';",
      'server/routes/a.ts':
        "import { Hono } from 'hono'; import type { PgStore } from '../../shared/jobs/pg/store.ts'; [1].map(String);",
      'server/intake/a.ts': "import 'node:fs'; for (;;) try { f(); } catch {}",
      'workers/supervisor/launcher.ts': "new URL('../worker/main.ts', import.meta.url);",
      'workers/worker/main.ts': "import sharp from 'sharp'; import '../../shared/domain/a.ts';",
    });
    for (const name of NAMES) expect(RULES[name](innocent), name).toEqual([]);
  });
});

describe('in the code as it is', () => {
  let graph: ModuleGraph;
  beforeAll(async () => {
    graph = await readGraph(ROOT, ['server', 'workers', 'shared']);
  });

  test.each(NAMES)('%s', (name) => {
    expect(RULES[name](graph)).toEqual([]);
  });

  test('the rules look at something: there are stores, a worker, and a config that reads the environment', () => {
    const implemented = [...graph.values()].flatMap((module) => [...module.implemented]);
    expect(implemented).toEqual(expect.arrayContaining(['JobStore', 'ImageStorage', 'HandOff']));
    expect(graph.get('shared/config.ts')?.readsEnvironment).toBe(true);
    expect(graph.get('workers/worker/decoder.ts')?.imports).toContain('sharp');
    expect(graph.get('server/routes/jobs.ts')?.valueImports).toContain('zod');
    expect(graph.get('server/upkeep/recovery.ts')?.control).toContain('loops');
  });

  test('files that are started rather than imported are these', () => {
    const spawned = [...graph.values()].flatMap(({ path, spawns }) => [...spawns].map((it) => [path, it]));
    expect(spawned.toSorted()).toEqual([
      ['server/cli/serve-command.ts', 'server/main.ts'],
      ['shared/jobs/sqlite/sqlite-job-store.ts', 'shared/jobs/sqlite/thread.ts'],
      ['workers/supervisor/program.ts', 'workers/worker/main.ts'],
      ['workers/worker/heic/decode-heic.ts', 'workers/worker/heic/thread.ts'],
    ]);
  });

  test('every file is reached from one that is started', () => {
    const reached = new Set<string>();
    const visit = (path: string) => {
      const module = graph.get(path);
      if (!module || reached.has(path)) return;
      reached.add(path);
      for (const it of [...module.imports, ...module.spawns]) visit(it);
    };
    visit('server/main.ts');
    visit('server/cli/darkroom.ts');
    // What others import.
    visit('server/client/client.ts');
    // What browsers load.
    visit('server/web/page.ts');
    visit('server/web/ops.ts');
    visit('shared/storage/s3/s3-storage.ts');
    expect([...graph.keys()].filter((path) => !reached.has(path))).toEqual([]);
  });
});

test('the folders at the top are those of the design', async () => {
  const ignored = (await readFile(`${ROOT}.gitignore`, 'utf8'))
    .split('\n')
    .map((line) => line.replaceAll('/', ''));
  const entries = await readdir(ROOT, { withFileTypes: true });
  const folders = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !ignored.includes(entry.name))
    .map((entry) => entry.name);
  expect(folders.toSorted()).toEqual(['deploy', 'server', 'shared', 'test', 'testdata', 'workers']);
});
