import { DEFAULT_TENANT, newImageId, newJobId, newRunId } from '../../shared/domain/ids.ts';
import type { Metadata } from '../../shared/domain/image.ts';
import type { OpenDatabase } from '../../shared/jobs/sqlite/open.ts';
import { MANIFEST } from '../helpers/job-records.ts';

export const SELLERS = 10_000;
/** One image in so many has failed. */
export const FAILED = 5_000;

const metadataOf = (n: number): Metadata => ({
  order: `order-${n}`,
  seller: `seller-${n % SELLERS}`,
  site: n % 2,
});

/** Images of one tenant, each with three fields to be found by; they have one set in common. */
export function fillWithImages({ raw }: OpenDatabase, images: number): void {
  const run = newRunId();
  raw
    .prepare('insert into sets (run_id, manifest, published_at) values (?, ?, 1)')
    .run(run, JSON.stringify(MANIFEST));
  const image = raw.prepare(
    `insert into images (id, tenant, sha256, bytes, format, width, height, frames, preset, metadata, created_at, published_run, has_index)
     values (?, ?, ?, 1, 'jpeg', 1, 1, 1, 'default', ?, ?, ?, 1)`,
  );
  const job = raw.prepare(
    `insert into jobs (id, image_id, preset, state, request_id, created_at, updated_at) values (?, ?, 'default', ?, 'request', ?, ?)`,
  );
  const entry = raw.prepare(
    'insert into image_metadata (image_id, tenant, field, value, created_at) values (?, ?, ?, ?, ?)',
  );
  raw.exec('BEGIN');
  for (let n = 0; n < images; n++) {
    const id = newImageId();
    const failed = n % FAILED === 0;
    const metadata = metadataOf(n);
    image.run(id, DEFAULT_TENANT, 'a'.repeat(64), JSON.stringify(metadata), n, failed ? null : run);
    job.run(newJobId(), id, failed ? 'failed' : 'succeeded', n, n);
    for (const [field, value] of Object.entries(metadata))
      entry.run(id, DEFAULT_TENANT, field, String(value), n);
  }
  raw.exec('COMMIT');
}
