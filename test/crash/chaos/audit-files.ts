import { createHash } from 'node:crypto';
import { variantFileName } from '../../../shared/domain/image.ts';
import type { Breach } from './breach.ts';
import type { Files } from './files.ts';
import type { Ledger } from './ledger.ts';
import type { Records } from './records.ts';

interface Wanted {
  subject: string;
  bytes: number;
  sha256: string;
  /** What it is when the file is not there, or not that. */
  breach: Breach['kind'];
}

const AT_ONCE = 8;

/** Holds what is kept against the records: each file that a row names, and no other. While nothing is on its way. */
export async function auditFiles(files: Files, records: Records, ledger: Ledger): Promise<void> {
  const wanted = wantedFiles(files, records);
  const queue = wanted.entries();
  const auditor = async () => {
    for (const [path, { subject, bytes, sha256, breach }] of queue) {
      const found = await files.read(path);
      if (found?.length === bytes && createHash('sha256').update(found).digest('hex') === sha256) continue;
      const how = found ? `${found.length} of ${bytes} bytes` : 'no such file';
      ledger.broke(breach, subject, `${path}: ${how}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, auditor));
  for (const path of await files.besides(new Set(wanted.keys())))
    ledger.broke('orphaned', path, 'no row names it');
}

function wantedFiles(files: Files, { images, sets }: Records): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  for (const { id, bytes, sha256 } of images)
    wanted.set(files.original(id), { subject: `image ${id}`, bytes, sha256, breach: 'missing' });
  const imageOf = new Map<string | null, string>(images.map(({ id, published_run }) => [published_run, id]));
  for (const { run_id, manifest } of sets) {
    const subject = `image ${imageOf.get(run_id)}`;
    for (const variant of manifest.variants) {
      const { bytes, sha256 } = variant;
      const path = files.variant(run_id, variantFileName(variant));
      wanted.set(path, { subject, bytes, sha256, breach: 'half-published' });
    }
  }
  return wanted;
}
