import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, expect, test } from 'vitest';
import { newImageId } from '../../shared/domain/ids.ts';
import { faultPicture, goodPicture } from '../fixtures/fault-pictures.ts';
import { expectCleanEnd } from '../helpers/aftermath.ts';
import { ownFolder } from '../helpers/own-folder.ts';
import { dataFolder, startService } from '../helpers/service.ts';
import { endOf, upload } from '../helpers/upload.ts';
import { type Accepted, audit } from './audit.ts';

/** The data of a service that has made one picture, and has quarantined one that killed its workers. Tests take a copy each. */
let sound: string;
let deaths: number[];
const accepted: Accepted[] = [];

beforeAll(async () => {
  sound = await dataFolder();
  await using service = await startService({ folder: sound, faults: true });
  for (const [subject, picture] of [
    ['good', goodPicture()],
    ['deadly', faultPicture('SIGSEGV', { runs: 2 })],
  ] as const) {
    const answer = await upload(service, picture);
    accepted.push({ subject, imageId: answer.id, jobId: (await endOf(service, answer)).id });
  }
  await expectCleanEnd(service);
  deaths = service.lines.filter(({ msg }) => msg === 'worker died').map(({ workerPid }) => Number(workerPid));
  return () => rm(sound, { recursive: true });
});

/** What is told of a copy in which something was changed: the broken promises, and the rest. */
async function told(
  change: (folder: string, sql: (statement: string) => void) => unknown,
  more: { accepted?: Accepted[]; deaths?: number[] } = {},
) {
  const folder = await ownFolder();
  await cp(sound, folder, { recursive: true });
  await change(folder, (statement) => {
    const db = new DatabaseSync(join(folder, 'darkroom.db'));
    db.exec('PRAGMA foreign_keys = OFF');
    db.exec(statement);
    db.close();
  });
  const broken: string[] = [];
  const notable: string[] = [];
  const counts = await audit(
    folder,
    [...accepted, ...(more.accepted ?? [])],
    [...deaths, ...(more.deaths ?? [])],
    (subject, how, isBroken) => (isBroken ? broken : notable).push(`${subject}: ${how}`),
  );
  return { counts, broken, notable };
}

test('a worker that died twice of a picture is worth a look, and breaks no promise', async () => {
  const { counts, broken, notable } = await told(() => {});
  expect(broken).toEqual([]);
  expect(counts).toEqual({
    jobs: { succeeded: 1, 'quarantined worker_crashed': 1 },
    runs: { succeeded: 1, 'crashed worker_crashed SIGSEGV': 2 },
    quarantined: 1,
  });
  expect(notable).toEqual([
    'deadly: quarantined worker_crashed',
    'deadly: a worker crashed: worker_crashed',
    'deadly: a worker crashed: worker_crashed',
  ]);
});

test.each([
  [
    'a decoder that died twice unpunished',
    "UPDATE jobs SET state = 'failed' WHERE state = 'quarantined'",
    'deadly: 2 deaths of its decoder, and failed',
  ],
  [
    'a quarantine without a cause',
    "UPDATE jobs SET state = 'quarantined' WHERE state = 'succeeded'",
    'good: 0 deaths of its decoder, and quarantined',
  ],
  ['a job without an end', "UPDATE jobs SET state = 'running' WHERE state = 'succeeded'", 'good: running'],
])('%s is told', async (_, statement, what) => {
  expect((await told((_folder, sql) => sql(statement))).broken).toEqual([what]);
});

test('what was accepted and is not there, and a death that no run tells, are told', async () => {
  const lost = { subject: 'lost', imageId: newImageId(), jobId: newImageId() };
  expect((await told(() => {}, { accepted: [lost], deaths: [1] })).broken).toEqual([
    'lost: accepted, and not there',
    'worker 1: died, and no run says so',
  ]);
});

test.each(['spool/left', 'scratch/left', 'originals/left', 'variants/left'])(
  'a file that nobody knows, %s, is told',
  async (path) => {
    const { broken } = await told((folder) => writeFile(join(folder, path), ''));
    expect(broken).toEqual([`${path}: orphaned: no row names it`]);
  },
);
