import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { IdempotencyKey } from '../../shared/domain/idempotency.ts';
import { type ImageId, newClaimId, type RunId } from '../../shared/domain/ids.ts';
import { SqliteJobStore } from '../../shared/jobs/sqlite/sqlite-job-store.ts';
import { DiskStorage } from '../../shared/storage/disk/disk-storage.ts';
import { newStart, newUpload, sha256Of, succeeded } from './job-records.ts';
import { ownFolder } from './own-folder.ts';
import { putFiles } from './put-files.ts';

export interface OneMachine {
  /** Its BASE_PATH. */
  folder: string;
  photos: { id: ImageId; run: RunId }[];
  /** Its job has not run. */
  waiting: ImageId;
  pathOf(photo: { id: ImageId; run: RunId }): { original: string; thumb: string };
}

/**
 * What a service on one machine leaves when it is killed, without the service: also a request that it had not answered.
 * @param photos that have a set each
 */
export async function oneMachine(photos: number): Promise<OneMachine> {
  const folder = await ownFolder();
  const storage = await DiskStorage.open(folder);
  const store = await SqliteJobStore.open(join(folder, 'darkroom.db'));
  const accept = async (content: string) => {
    const upload = newUpload({ image: { sha256: sha256Of(content), bytes: content.length } });
    const received = join(storage.spoolPath, upload.image.id);
    await writeFile(received, content);
    await storage.keepOriginal(upload.image.id, received);
    await store.acceptUpload(upload);
    return upload;
  };
  const made: OneMachine['photos'] = [];
  for (let photo = 0; photo < photos; photo++) {
    const { image, job } = await accept(`photo ${photo}`);
    const start = newStart(job);
    await store.startRun(start);
    await putFiles(storage, start.runId, { 'thumb.jpg': 'thumb' });
    await store.finishRun(succeeded(start));
    made.push({ id: image.id, run: start.runId });
  }
  const { image } = await accept('one that waits');
  const key = IdempotencyKey.parse('of a request that was cut');
  await store.claimKey({ id: newClaimId(), tenant: image.tenant, key, until: Number.MAX_SAFE_INTEGER }, 0);
  await store.close();
  return {
    folder,
    photos: made,
    waiting: image.id,
    pathOf: ({ id, run }) => ({
      original: join(folder, 'originals', id.slice(0, 2), id),
      thumb: join(folder, 'variants', run.slice(0, 2), run, 'thumb.jpg'),
    }),
  };
}
