import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Bands, hashOfBands } from '../../../shared/domain/hash-bands.ts';
import { DEFAULT_TENANT, type ImageId, newImageId, newRunId } from '../../../shared/domain/ids.ts';
import { findSimilar } from '../../../shared/jobs/similar.ts';
import { type OpenDatabase, openDatabase } from '../../../shared/jobs/sqlite/open.ts';
import { MANIFEST } from '../../helpers/job-records.ts';
import { ownFolder } from '../../helpers/own-folder.ts';

async function database(): Promise<OpenDatabase> {
  const opened = await openDatabase(join(await ownFolder(), 'jobs.db'));
  onTestFinished(() => opened.raw.close());
  return opened;
}

/** Adds an image with a published set, as far as this search looks at them, in one transaction. */
function publish({ raw }: OpenDatabase, hashes: readonly Bands[]): ImageId[] {
  const set = raw.prepare(
    'insert into sets (run_id, manifest, published_at, tenant, band_0, band_1, band_2, band_3) values (?, ?, 1, ?, ?, ?, ?, ?)',
  );
  const image = raw.prepare(
    "insert into images (id, tenant, sha256, bytes, format, width, height, frames, preset, created_at, published_run) values (?, ?, '', 1, 'jpeg', 1, 1, 1, 'default', 1, ?)",
  );
  raw.exec('BEGIN');
  const ids = hashes.map((bands) => {
    const id = newImageId();
    const run = newRunId();
    set.run(run, JSON.stringify(MANIFEST), DEFAULT_TENANT, ...bands);
    image.run(id, DEFAULT_TENANT, run);
    return id;
  });
  raw.exec('COMMIT');
  return ids;
}

const HASH: Bands = [0x0123, 0x4567, 0x89ab, 0xcdef];
const QUERY = {
  tenant: DEFAULT_TENANT,
  hash: hashOfBands(HASH),
  distance: 11,
  limit: 50,
  except: newImageId(),
};

/** More than one lookup takes. */
const CROWD = 2_600;

test('where thousands share a part of the hash the nearest are still found, and that some may be missing is told', async () => {
  const opened = await database();
  // In the order of the index these come before those that are near.
  publish(
    opened,
    Array.from({ length: CROWD }, (_, each): Bands => [HASH[0], each, 0xffff, 0xffff]),
  );
  const [same, near] = publish(opened, [HASH, [HASH[0] ^ 1, HASH[1], HASH[2], HASH[3] ^ 1]]);
  expect(await findSimilar(opened.db, QUERY)).toEqual({
    images: [
      { id: same, distance: 0 },
      { id: near, distance: 2 },
    ],
    isComplete: false,
  });
});

test('a picture that thousands have is found as often as is asked for, and nothing is missing', async () => {
  const opened = await database();
  const ids = publish(
    opened,
    Array.from({ length: CROWD }, () => HASH),
  );
  const { images, isComplete } = await findSimilar(opened.db, { ...QUERY, limit: 7 });
  expect(images).toHaveLength(7);
  for (const { id, distance } of images) {
    expect(distance).toBe(0);
    expect(ids).toContain(id);
  }
  expect(isComplete).toBe(true);
});

test.for(['band_0', 'band_1', 'band_2', 'band_3'])(
  'candidates of %s are told from its index alone',
  async (band) => {
    const { raw } = await database();
    const plan = raw
      .prepare(
        `explain query plan select band_0, band_1, band_2, band_3 from sets where tenant = ? and ${band} in (?, ?) limit ?`,
      )
      .all()
      .map(({ detail }) => detail);
    expect(plan).toEqual([expect.stringContaining(`USING COVERING INDEX sets_by_${band}`)]);
  },
);
