import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_TENANT, newImageId } from '../../shared/domain/ids.ts';
import type { Metadata } from '../../shared/domain/image.ts';
import { acceptUpload } from '../../shared/jobs/accept.ts';
import type { ImagesAsked } from '../../shared/jobs/image-page.ts';
import { listImages } from '../../shared/jobs/list-images.ts';
import type { ImageCursor } from '../../shared/jobs/reprocess-records.ts';
import { type OpenDatabase, openDatabase } from '../../shared/jobs/sqlite/open.ts';
import { newUpload } from '../helpers/job-records.ts';
import { fillWithImages, SELLERS } from './many-images.ts';

/**
 * How long a page of the list of images holds the database thread, among a million of one tenant, and what its indexes cost an
 * accept.
 *
 *     node test/bench/image-list.ts [IMAGES]
 */
const images = Number(process.argv[2] ?? 1_000_000);
const QUERIES = 200;
const ACCEPTS = 2_000;

const say = (line: string) => process.stdout.write(`${line}\n`);
const any = (below: number) => Math.floor(Math.random() * below);

const quantile = (times: number[], share: number): string =>
  (times.toSorted((a, b) => a - b)[Math.floor((times.length - 1) * share)] ?? 0).toFixed(2).padStart(9);

/** A place in the middle of anything. */
const anywhere = (): ImageCursor => ({ createdAt: any(images), id: newImageId() });

const QUESTIONS: Record<string, () => Partial<ImagesAsked>> = {
  'all, from the newest': () => ({}),
  'all, from anywhere': () => ({ after: anywhere() }),
  'of a day of a year': () => {
    const since = any(images);
    return { since, until: since + images / 365 };
  },
  'an order: one image': () => ({ metadata: { field: 'order', value: `order-${any(images)}` } }),
  [`a seller: ${images / SELLERS} images`]: () => ({
    metadata: { field: 'seller', value: `seller-${any(SELLERS)}` },
  }),
  'a site: half of all, from anywhere': () => ({
    metadata: { field: 'site', value: '1' },
    after: anywhere(),
  }),
  'failed: one in 5,000, from anywhere': () => ({ status: 'failed', after: anywhere() }),
};

async function ask({ db }: OpenDatabase, question: () => Partial<ImagesAsked>): Promise<string> {
  const times: number[] = [];
  let found = 0;
  for (let query = 0; query < QUERIES; query++) {
    const asked = { tenant: DEFAULT_TENANT, limit: 50, ...question() };
    const begin = performance.now();
    found += (await listImages(db, asked)).images.length;
    times.push(performance.now() - begin);
  }
  return `${[0.5, 0.95, 1].map((share) => quantile(times, share)).join('')}   ${(found / QUERIES).toFixed(1).padStart(5)}`;
}

/** CPU and wall milliseconds of an accept with its commit, as the database thread does it. */
async function accepts({ raw, db }: OpenDatabase, metadata: Metadata | null): Promise<string> {
  const walls: number[] = [];
  const before = process.cpuUsage();
  for (let n = 0; n < ACCEPTS; n++) {
    const upload = newUpload({ image: { metadata, createdAt: images + n } });
    const begin = performance.now();
    raw.exec('BEGIN IMMEDIATE');
    await acceptUpload(db, upload);
    raw.exec('COMMIT');
    walls.push(performance.now() - begin);
  }
  const { user, system } = process.cpuUsage(before);
  return `${((user + system) / 1000 / ACCEPTS).toFixed(3)} CPU ms; p50 and p95 of all of it${quantile(walls, 0.5)}${quantile(walls, 0.95)}`;
}

const folder = await mkdtemp(join(tmpdir(), 'darkroom-bench-'));
try {
  const path = join(folder, 'jobs.db');
  const database = await openDatabase(path);
  // To fill it with the service's own cache of 2 MB takes ten times as long; the questions have that one.
  database.raw.exec('PRAGMA cache_size = -1000000');
  fillWithImages(database, images);
  database.raw.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA cache_size = -2000');
  say(`${images} images: ${Math.round((await stat(path)).size / 2 ** 20)} MiB`);
  say('                                         ms: p50      p95     most   found');
  for (const [name, question] of Object.entries(QUESTIONS))
    say(`  ${name.padEnd(38)}${await ask(database, question)}`);
  const fields = { order: 'order-1', seller: 'seller-1', site: 1 };
  // Once, so that all statements are prepared and compiled.
  await accepts(database, fields);
  for (const round of [1, 2, 3]) {
    say(`  an accept, round ${round}, three fields: ${await accepts(database, fields)}`);
    say(`  an accept, round ${round}, no metadata:  ${await accepts(database, null)}`);
  }
  database.raw.exec('drop index images_by_age');
  for (const round of [1, 2, 3])
    say(`  without images_by_age, round ${round}:   ${await accepts(database, null)}`);
  database.raw.close();
} finally {
  await rm(folder, { recursive: true, force: true });
}
