import { expect, test } from 'vitest';
import type { SpoolFile } from '../../../server/intake/spool-file.ts';
import { UploadedOriginal } from '../../../server/intake/uploaded-original.ts';
import { newImageId } from '../../../shared/domain/ids.ts';
import { StoreError } from '../../../shared/errors.ts';
import type { ImageStorage } from '../../../shared/storage/image-storage.ts';

const OUT_OF_REACH = new StoreError('storage_unavailable', 'the storage is out of reach');

function originalIn(keep: () => Promise<void>) {
  const calls: string[] = [];
  const storage: Partial<ImageStorage> = {
    async keepOriginal() {
      calls.push('keep');
      await keep();
    },
    async removeOriginal() {
      calls.push('remove');
      throw OUT_OF_REACH;
    },
  };
  const spool: Partial<SpoolFile> = { path: 'a file', toDisk: async () => {} };
  return { original: new UploadedOriginal(newImageId(), spool as SpoolFile, storage as ImageStorage), calls };
}

test('an original is kept once, and removed where its upload is refused after all; who waits is told nothing of it', async () => {
  const { original, calls } = originalIn(async () => {});
  await original.discard();
  await original.keep();
  await original.keep();
  await original.discard();
  expect(calls).toEqual(['keep', 'remove']);
});

test('one that could not be kept is not there: a storage out of reach is not waited for once more', async () => {
  const { original, calls } = originalIn(async () => {
    throw OUT_OF_REACH;
  });
  await expect(original.keep()).rejects.toBe(OUT_OF_REACH);
  await original.discard();
  expect(calls).toEqual(['keep']);
});
