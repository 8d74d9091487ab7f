import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bands, hashOfBands } from '../../shared/domain/hash-bands.ts';
import { DEFAULT_TENANT, newImageId, newRunId } from '../../shared/domain/ids.ts';
import { findSimilar } from '../../shared/jobs/similar.ts';
import { type OpenDatabase, openDatabase } from '../../shared/jobs/sqlite/open.ts';
import { MANIFEST } from '../helpers/job-records.ts';

/**
 * How long the search for similar pictures holds the database thread, among a million of them, and what its indexes cost
 * a publish.
 *
 *     node test/bench/similar.ts [PICTURES]
 */
const pictures = Number(process.argv[2] ?? 1_000_000);
const QUERIES = 200;
const PUBLISHES = 500;
const SEED = 7;

const say = (line: string) => process.stdout.write(`${line}\n`);

/** 16 bits at a time, the same each run (xorshift, Marsaglia, 2003). */
function randomBands(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 8) & 0xffff;
  };
}

const random = randomBands(SEED);
const bandsBy = (band: () => number): Bands => [band(), band(), band(), band()];
const uniform = (): Bands => bandsBy(random);

/** Flips so many bits, some of them perhaps back again. */
function flipped(bands: Bands, bits: number): Bands {
  const copy: Bands = [...bands];
  for (let flip = 0; flip < bits; flip++) {
    const band = random() % 4;
    copy[band] = (copy[band] ?? 0) ^ (1 << (random() % 16));
  }
  return copy;
}

const POPULAR = Array.from({ length: 100 }, uniform);
const popular = (): Bands => POPULAR[random() % POPULAR.length] ?? uniform();

/** Of each bit one in 32 is set: pictures that show next to nothing. */
const flat = (): Bands => bandsBy(() => random() & random() & random() & random() & random());

/** A tenth of all is one picture, a fifth are near copies of a hundred others, and nearly a third are flat. */
function skewed(): Bands {
  const share = (random() % 1000) / 1000;
  if (share < 0.1) return [1, 2, 3, 4];
  if (share < 0.3) return flipped(popular(), random() % 6);
  if (share < 0.6) return flat();
  return uniform();
}

const POPULATIONS: Record<string, { hash: () => Bands; asked: Record<string, () => Bands> }> = {
  uniform: { hash: uniform, asked: { any: uniform } },
  skewed: {
    hash: skewed,
    asked: {
      any: skewed,
      flat,
      'the most frequent': () => [1, 2, 3, 4],
      'near a popular one': () => flipped(popular(), 4),
    },
  },
  'all equal': {
    hash: () => [1, 2, 3, 4],
    asked: { equal: () => [1, 2, 3, 4], near: () => flipped([1, 2, 3, 4], 3) },
  },
};

function fill({ raw }: OpenDatabase, hash: () => Bands, count: number): void {
  const manifest = JSON.stringify(MANIFEST);
  const set = raw.prepare(
    'insert into sets (run_id, manifest, published_at, tenant, band_0, band_1, band_2, band_3) values (?, ?, 1, ?, ?, ?, ?, ?)',
  );
  const image = raw.prepare(
    "insert into images (id, tenant, sha256, bytes, format, width, height, frames, preset, created_at, published_run) values (?, ?, '', 1, 'jpeg', 1, 1, 1, 'default', 1, ?)",
  );
  raw.exec('BEGIN');
  for (let each = 0; each < count; each++) {
    const run = newRunId();
    set.run(run, manifest, DEFAULT_TENANT, ...hash());
    image.run(newImageId(), DEFAULT_TENANT, run);
  }
  raw.exec('COMMIT');
}

const quantile = (sorted: number[], share: number): string =>
  (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1).padStart(7);

async function search({ db }: OpenDatabase, asked: () => Bands, distance: number): Promise<string> {
  const times: number[] = [];
  let found = 0;
  let complete = 0;
  for (let query = 0; query < QUERIES; query++) {
    const hash = hashOfBands(asked());
    const begin = performance.now();
    const answer = await findSimilar(db, {
      tenant: DEFAULT_TENANT,
      hash,
      distance,
      limit: 50,
      except: newImageId(),
    });
    times.push(performance.now() - begin);
    found += answer.images.length;
    if (answer.isComplete) complete++;
  }
  times.sort((a, b) => a - b);
  const figures = [0.5, 0.95, 1].map((share) => quantile(times, share)).join('');
  return `${figures}   ${(found / QUERIES).toFixed(1).padStart(5)}   ${Math.round((100 * complete) / QUERIES)} %`;
}

/** Milliseconds of a commit of one set and its image. */
function publishes(database: OpenDatabase): string {
  const times: number[] = [];
  for (let each = 0; each < PUBLISHES; each++) {
    const begin = performance.now();
    fill(database, uniform, 1);
    times.push(performance.now() - begin);
  }
  times.sort((a, b) => a - b);
  return [0.5, 0.95].map((share) => quantile(times, share)).join('');
}

for (const [name, { hash, asked }] of Object.entries(POPULATIONS)) {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-bench-'));
  try {
    const path = join(folder, 'jobs.db');
    const database = await openDatabase(path);
    // To fill it with the service's own cache of 2 MB takes ten times as long; the searches have that one.
    database.raw.exec('PRAGMA cache_size = -1000000');
    fill(database, hash, pictures);
    database.raw.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA cache_size = -2000');
    say(`${pictures} pictures, ${name}: ${Math.round((await stat(path)).size / 2 ** 20)} MiB`);
    say('                                   ms: p50    p95   most   found   complete');
    for (const [which, ask] of Object.entries(asked)) {
      for (const distance of [0, 3, 7, 11]) {
        say(`  ${`${which}, distance ${distance}`.padEnd(32)}${await search(database, ask, distance)}`);
      }
    }
    if (name === 'uniform') {
      say(`  a publish, ms, p50 and p95: ${publishes(database)}`);
      for (const band of [0, 1, 2, 3]) database.raw.exec(`drop index sets_by_band_${band}`);
      say(`  and without the four indexes: ${publishes(database)}`);
    }
    database.raw.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
