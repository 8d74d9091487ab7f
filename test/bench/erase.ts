import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_TENANT } from '../../shared/domain/ids.ts';
import { eraseImages } from '../../shared/jobs/erasing/erase.ts';
import { scrub } from '../../shared/jobs/erasing/scrub.ts';
import { listImages } from '../../shared/jobs/list-images.ts';
import { openDatabase } from '../../shared/jobs/sqlite/open.ts';
import { fillWithImages } from './many-images.ts';

/**
 * What it takes to erase images among a million, with and without overwriting what is deleted, and how long all others wait while the
 * database is written anew.
 *
 *     node test/bench/erase.ts [IMAGES]
 */
const images = Number(process.argv[2] ?? 1_000_000);
const PAGES = 20;
const IMAGES_A_PAGE = 50;

const say = (line: string) => process.stdout.write(`${line}\n`);

const folder = await mkdtemp(join(tmpdir(), 'darkroom-bench-'));
try {
  const path = join(folder, 'jobs.db');
  const database = await openDatabase(path);
  const { raw, db } = database;
  raw.exec('PRAGMA cache_size = -1000000');
  fillWithImages(database, images);
  raw.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA cache_size = -2000');
  say(`${images} images: ${Math.round((await stat(path)).size / 2 ** 20)} MiB`);
  for (const mode of ['OFF', 'ON', 'OFF', 'ON']) {
    raw.exec(`PRAGMA secure_delete = ${mode}`);
    const begin = performance.now();
    const before = process.cpuUsage();
    for (let page = 0; page < PAGES; page++) {
      const found = await listImages(db, { tenant: DEFAULT_TENANT, limit: IMAGES_A_PAGE });
      raw.exec('BEGIN IMMEDIATE');
      await eraseImages(db, {
        tenant: DEFAULT_TENANT,
        images: found.images.map(({ image }) => image.id),
        at: 1,
        runsEndBy: 1,
      });
      raw.exec('COMMIT');
    }
    const { user, system } = process.cpuUsage(before);
    const erased = PAGES * IMAGES_A_PAGE;
    const each = (ms: number) => (ms / erased).toFixed(2);
    say(
      `  an image, secure_delete ${mode}: ${each(performance.now() - begin)} ms, ${each((user + system) / 1000)} of CPU`,
    );
  }
  const begin = performance.now();
  await scrub(db);
  say(`  the database written anew: ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  raw.close();
} finally {
  await rm(folder, { recursive: true, force: true });
}
