import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { eraseSome } from '../../../server/operations/erase.ts';
import { DEFAULT_TENANT, type ImageId } from '../../../shared/domain/ids.ts';
import { StoreError } from '../../../shared/errors.ts';
import { openDatabase } from '../../../shared/jobs/sqlite/open.ts';
import type { ImageStorage } from '../../../shared/storage/image-storage.ts';
import type { UploadParts } from '../../../shared/storage/upload-parts.ts';
import { inlineJobStore } from '../../helpers/inline-job-store.ts';
import { newUpload } from '../../helpers/job-records.ts';
import { ownFolder } from '../../helpers/own-folder.ts';
import { recordingLog } from '../../helpers/recording-log.ts';

/** Three images, and a storage that does with their originals what a test says. */
async function threeImages(remove: (id: ImageId) => void) {
  const database = await openDatabase(join(await ownFolder(), 'jobs.db'));
  onTestFinished(() => database.raw.close());
  const store = inlineJobStore(database);
  const images: ImageId[] = [];
  for (let n = 0; n < 3; n++) {
    const upload = newUpload({ image: { createdAt: n } });
    await store.acceptUpload(upload);
    images.push(upload.image.id);
  }
  const removed: ImageId[] = [];
  const storage = {
    removeOriginal: async (id: ImageId) => {
      remove(id);
      removed.push(id);
    },
    removePublished: async () => {},
  } as unknown as ImageStorage;
  const { log } = recordingLog();
  const uploadParts = { removeAll: async () => {} } as unknown as UploadParts;
  const retries = { addBacklog: () => {} };
  const parts = { store, storage, uploadParts, retries, jobTimeoutMs: 1_000 };
  const erase = (limit = 50) =>
    eraseSome(
      { tenant: DEFAULT_TENANT, metadata: null, before: null, limit, rewritesDatabase: true },
      parts,
      log,
    );
  return { images, removed, erase };
}

test('what cannot be removed is told, and removed by a later call', async () => {
  let isAway = true;
  const { images, removed, erase } = await threeImages((id) => {
    if (isAway && id === images[1]) throw new StoreError('storage_unavailable', 'the bucket does not answer');
  });
  const failed = [{ file: `originals/${images[1]}`, why: 'storage_unavailable' }];
  expect(await erase()).toMatchObject({ images: 3, failed, database: null, isVerified: false });
  expect(await erase()).toMatchObject({ images: 0, failed, database: null, isVerified: false });
  isAway = false;
  expect(await erase()).toMatchObject({ images: 0, failed: [], database: 'overwritten', isVerified: true });
  expect(removed.toSorted()).toEqual(images.toSorted());
});

test('where it was killed between the records and the files, another call removes these', async () => {
  let isKilled = true;
  const { images, removed, erase } = await threeImages(() => {
    if (isKilled) throw new Error('this stands for the end of the process');
  });
  await expect(erase()).rejects.toThrow('the end of the process');
  expect(removed).toEqual([]);
  isKilled = false;
  expect(await erase()).toMatchObject({ images: 0, failed: [], isVerified: true });
  expect(removed.toSorted()).toEqual(images.toSorted());
});

test('it goes page by page, and is verified by the call that finds nothing', async () => {
  const { erase } = await threeImages(() => {});
  const calls = [await erase(2), await erase(2), await erase(2)];
  expect(calls.map(({ images, isVerified }) => [images, isVerified])).toEqual([
    [2, false],
    [1, false],
    [0, true],
  ]);
});
