import { cp, mkdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, describe, expect, test } from 'vitest';
import { newImageId, newRunId } from '../../../shared/domain/ids.ts';
import { goodPicture } from '../../fixtures/fault-pictures.ts';
import { expectCleanEnd } from '../../helpers/aftermath.ts';
import { ownFolder } from '../../helpers/own-folder.ts';
import { dataFolder, startService } from '../../helpers/service.ts';
import { endOf, upload } from '../../helpers/upload.ts';
import { asking } from './asking.ts';
import { auditAnswers } from './audit-answers.ts';
import { auditFiles } from './audit-files.ts';
import { auditRecords } from './audit-records.ts';
import { filesIn, leftInFolder } from './files.ts';
import { type Kept, Ledger } from './ledger.ts';
import { matrixOf } from './matrix.ts';
import { type Records, readRecords } from './records.ts';

const IMAGES = 3;

/** The data of a service that has accepted some good pictures and was drained. Tests take a copy each. */
let sound: string;
const promised: Pick<Kept, 'imageId' | 'jobId'>[] = [];

beforeAll(async () => {
  sound = await dataFolder();
  await using service = await startService({ folder: sound });
  for (let number = 0; number < IMAGES; number++) {
    const accepted = await upload(service, goodPicture(), { 'x-request-id': `upload-${number}` });
    promised.push({ imageId: accepted.id, jobId: (await endOf(service, accepted)).id });
  }
  await expectCleanEnd(service);
  return () => rm(sound, { recursive: true });
});

interface Planting {
  folder: string;
  ledger: Ledger;
  records: Records;
  /** The first image; whatever is planted concerns it. */
  kept: Kept;
  /** Changes the database. */
  sql(statement: string, ...values: string[]): void;
  /** The first file of its set. */
  variant: string;
}

async function copyOfSound(): Promise<Planting> {
  const folder = await ownFolder();
  await cp(sound, folder, { recursive: true });
  const ledger = new Ledger();
  for (const [number, ids] of promised.entries()) {
    const recipe = { unique: String(number), fault: null, once: false };
    ledger.attempts.set(`upload-${number}`, { recipe, key: null, answer: 'accepted' });
    ledger.accepted.push({ ...ids, recipe, deletion: 'none' });
  }
  const [kept] = ledger.accepted;
  if (!kept) throw new Error('nothing was accepted');
  const path = join(folder, 'darkroom.db');
  const records = readRecords(path);
  const run = records.images.find(({ id }) => id === kept.imageId)?.published_run ?? '';
  const sql = (statement: string, ...values: string[]) => {
    const db = new DatabaseSync(path);
    db.exec('PRAGMA foreign_keys = OFF');
    db.prepare(statement).run(...values);
    db.close();
  };
  const variant = join(folder, 'variants', run.slice(0, 2), run, 'thumb.webp');
  return { folder, ledger, records, kept, sql, variant };
}

/** The breaches that the matrix counts, without those it does not find. */
function counted(ledger: Ledger, records: Records): Record<string, number> {
  const none = { totalMs: 0, longestMs: 0 };
  const { breaches } = matrixOf({
    ledger,
    records,
    workerKills: {},
    serviceKills: {},
    noWorker: none,
    down: none,
  });
  return Object.fromEntries(Object.entries(breaches).filter(([, count]) => count > 0));
}

async function audit({ folder, ledger }: Planting): Promise<Record<string, number>> {
  const records = readRecords(join(folder, 'darkroom.db'));
  auditRecords(records, ledger);
  await auditFiles(filesIn(folder), records, ledger);
  for (const path of await leftInFolder(folder)) ledger.broke('orphaned', path, 'no row names it');
  return counted(ledger, records);
}

test('nothing is wrong with what nobody has touched', async () => {
  const planting = await copyOfSound();
  expect(planting.records.images).toHaveLength(IMAGES);
  expect(await audit(planting)).toEqual({});
});

interface Wrong {
  what: string;
  plant: (planting: Planting) => void | Promise<void>;
  counts: Record<string, number>;
}

const WRONGS: Wrong[] = [
  {
    what: 'an accepted image without a row, whose files and set are left',
    plant: ({ sql, kept }) => sql('DELETE FROM images WHERE id = ?', kept.imageId),
    // The original; the row of the set, whose files are then named by that row.
    counts: { missing: 1, orphaned: 2 },
  },
  {
    what: 'an accepted job without a row',
    plant: ({ sql, kept }) => sql('DELETE FROM jobs WHERE id = ?', kept.jobId),
    counts: { missing: 1, 'half-published': 1 },
  },
  {
    what: 'an original that is gone',
    plant: ({ folder, kept: { imageId } }) => rm(join(folder, 'originals', imageId.slice(0, 2), imageId)),
    counts: { missing: 1 },
  },
  {
    what: 'a job that has not ended',
    plant: ({ sql, kept }) => sql("UPDATE jobs SET state = 'queued' WHERE id = ?", kept.jobId),
    counts: { missing: 1, 'half-published': 1 },
  },
  {
    what: 'a run that has not ended',
    plant: ({ sql, kept }) =>
      sql('UPDATE runs SET outcome = NULL, ended_at = NULL WHERE job_id = ?', kept.jobId),
    counts: { missing: 1 },
  },
  {
    what: 'a set without one of its files',
    plant: ({ variant }) => rm(variant),
    counts: { 'half-published': 1 },
  },
  {
    what: 'a set with half a file',
    plant: ({ variant }) => truncate(variant, 100),
    counts: { 'half-published': 1 },
  },
  {
    what: 'a success without a set',
    plant: ({ sql, kept }) => sql('UPDATE images SET published_run = NULL WHERE id = ?', kept.imageId),
    counts: { 'half-published': 1, orphaned: 1 },
  },
  {
    what: 'a second success',
    plant: ({ sql, kept }) =>
      sql(
        `INSERT INTO runs (id, job_id, number, worker_pid, started_at, ended_at, outcome)
         VALUES (?, ?, 2, 1, 1, 2, 'succeeded')`,
        newRunId(),
        kept.jobId,
      ),
    counts: { duplicated: 1 },
  },
  {
    what: 'an upload that was kept twice',
    plant: ({ sql }) => sql("UPDATE jobs SET request_id = 'upload-0' WHERE request_id = 'upload-1'"),
    counts: { duplicated: 1 },
  },
  {
    what: 'files that no row names',
    plant: async ({ folder, variant }) => {
      const run = newRunId();
      const image = newImageId();
      const files = [
        join('spool', image),
        join('originals', image.slice(0, 2), image),
        join('variants', run.slice(0, 2), run),
        join('scratch', run),
      ].map((path) => join(folder, path));
      for (const path of [...files, `${variant}.more`]) {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, 'left over');
      }
    },
    counts: { orphaned: 5 },
  },
  {
    what: 'a good picture that was quarantined',
    plant: ({ sql, kept }) => {
      sql("UPDATE jobs SET state = 'quarantined' WHERE id = ?", kept.jobId);
      sql('UPDATE images SET published_run = NULL WHERE id = ?', kept.imageId);
      sql('DELETE FROM sets WHERE run_id = (SELECT id FROM runs WHERE job_id = ?)', kept.jobId);
    },
    // Its files, and their folder.
    counts: { 'good picture lost': 1, orphaned: 7 },
  },
  {
    what: 'a fault picture that has succeeded',
    plant: ({ ledger }) => {
      const recipe = { unique: '0', fault: 'SIGSEGV', once: false } as const;
      ledger.attempts.set('upload-0', { recipe, key: null, answer: 'accepted' });
    },
    counts: { 'unexpected end': 1 },
  },
  {
    what: 'a deleted image that is there',
    plant: ({ kept }) => {
      kept.deletion = 'done';
    },
    counts: { 'unexpected end': 1 },
  },
  {
    what: 'an image of an upload that was refused',
    plant: ({ ledger, kept: { recipe } }) => {
      ledger.attempts.set('upload-0', { recipe, key: null, answer: 'refused' });
      ledger.accepted.shift();
    },
    counts: { 'kept though refused': 1 },
  },
];

describe('an audit of records and files counts', () => {
  test.for(WRONGS)('$what', async ({ plant, counts }) => {
    const planting = await copyOfSound();
    await plant(planting);
    expect(await audit(planting)).toEqual(counts);
  });
});

test('an audit of the answers counts what is missing, and what is half', async () => {
  const { folder, ledger, records, sql, kept, variant } = await copyOfSound();
  const { size } = await stat(variant);
  await writeFile(variant, Buffer.alloc(size));
  const [, other] = ledger.accepted;
  sql('DELETE FROM images WHERE id = ?', other?.imageId ?? '');
  await using service = await startService({ folder });
  const { host: authority, hostname: host, port } = new URL(service.url);
  await auditAnswers(
    asking(() => ({ authority, host, port: Number(port) }), ledger),
    ledger,
  );
  expect(counted(ledger, records)).toEqual({ missing: 1, 'half-published': 1 });
  expect(new Set(ledger.breaches.map(({ subject }) => subject))).toEqual(
    new Set([`image ${other?.imageId}`, `image ${kept.imageId}`]),
  );
  await expectCleanEnd(service);
});
