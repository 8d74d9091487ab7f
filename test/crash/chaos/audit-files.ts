import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { variantFileName } from '../../../shared/domain/image.ts';
import type { Breach } from './breach.ts';
import type { Ledger } from './ledger.ts';
import type { Records } from './records.ts';

interface Wanted {
  subject: string;
  bytes: number;
  sha256: string;
  /** What it is when the file is not there, or not that. */
  breach: Breach['kind'];
}

/** Holds the data folder of a service that has ended against its records: each file that a row names, and no other. */
export async function auditFiles(folder: string, records: Records, ledger: Ledger): Promise<void> {
  const wanted = wantedFiles(records);
  for (const [path, { subject, bytes, sha256, breach }] of wanted) {
    const found = await readFile(join(folder, path)).catch(() => null);
    if (found?.length !== bytes || createHash('sha256').update(found).digest('hex') !== sha256) {
      ledger.broke(
        breach,
        subject,
        `${path}: ${found ? `${found.length} of ${bytes} bytes` : 'no such file'}`,
      );
    }
  }
  for (const path of await leftIn(folder, wanted)) ledger.broke('orphaned', path, 'no row names it');
}

function wantedFiles({ images, sets }: Records): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  for (const { id, bytes, sha256 } of images) {
    wanted.set(join('originals', id.slice(0, 2), id), {
      subject: `image ${id}`,
      bytes,
      sha256,
      breach: 'missing',
    });
  }
  const imageOf = new Map<string | null, string>(images.map(({ id, published_run }) => [published_run, id]));
  for (const { run_id, manifest } of sets) {
    const subject = `image ${imageOf.get(run_id)}`;
    for (const variant of manifest.variants) {
      const { bytes, sha256 } = variant;
      const path = join('variants', run_id.slice(0, 2), run_id, variantFileName(variant));
      wanted.set(path, { subject, bytes, sha256, breach: 'half-published' });
    }
  }
  return wanted;
}

/** Files, and folders of runs, that no row names. */
async function leftIn(folder: string, wanted: ReadonlyMap<string, Wanted>): Promise<string[]> {
  const left: string[] = [];
  const paths = [...wanted.keys()];
  const folders = new Set(paths.flatMap((path) => [join(path, '..'), join(path, '../..')]));
  for (const place of ['originals', 'variants']) {
    for (const entry of await readdir(join(folder, place), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name).slice(folder.length + 1);
      // The folders of two digits stay.
      const isShard = entry.isDirectory() && path.split('/').length === 2;
      if (!isShard && !wanted.has(path) && !folders.has(path)) left.push(path);
    }
  }
  for (const name of await readdir(join(folder, 'spool'))) left.push(join('spool', name));
  for (const name of await readdir(join(folder, 'scratch'))) {
    // Where workers stand, and the lock.
    if (name !== 'idle' && name !== '.lock') left.push(join('scratch', name));
  }
  return left;
}
