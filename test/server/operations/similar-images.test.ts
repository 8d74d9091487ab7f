import { expect, test } from 'vitest';
import { similarImages } from '../../../server/operations/similar-images.ts';
import { newRunId } from '../../../shared/domain/ids.ts';
import type { PublishedSet } from '../../../shared/domain/image.ts';
import type { JobState } from '../../../shared/domain/job.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import type { ImageRecord, SimilarQuery } from '../../../shared/jobs/records.ts';
import { DESCRIPTION, MANIFEST, newUpload } from '../../helpers/job-records.ts';

const SET: PublishedSet = { runId: newRunId(), manifest: MANIFEST, publishedAt: 3_000 };

function recordOf(state: JobState, set: PublishedSet | null): ImageRecord {
  const { image, job } = newUpload({ job: { state } });
  return { image, job, set };
}

/** A store that is asked for nothing but similar images, and what it was asked. */
function askedStore(): { store: JobStore; asked: SimilarQuery[] } {
  const asked: SimilarQuery[] = [];
  const store: Pick<JobStore, 'findSimilar'> = {
    findSimilar: async (query) => {
      asked.push(query);
      return { images: [], isComplete: true };
    },
  };
  return { store: store as JobStore, asked };
}

test('the store is asked for those of the same tenant, but for the image itself', async () => {
  const { store, asked } = askedStore();
  const record = recordOf('succeeded', SET);
  const { perceptualHash } = DESCRIPTION;
  const found = await similarImages(record, { distance: 5, limit: 9 }, store);
  expect(found).toEqual({ perceptualHash, images: [], isComplete: true });
  const { id, tenant } = record.image;
  expect(asked).toEqual([{ tenant, hash: perceptualHash, except: id, distance: 5, limit: 9 }]);
});

test.for(['queued', 'running'] as const)('an image whose job is %s is not ready', async (state) => {
  const { store } = askedStore();
  await expect(similarImages(recordOf(state, null), { distance: 5, limit: 9 }, store)).rejects.toMatchObject({
    code: 'not_ready',
  });
});

test('an image of an older pipeline has no hash, and is like nothing', async () => {
  const { store, asked } = askedStore();
  const older = recordOf('succeeded', { ...SET, manifest: { ...MANIFEST, description: null } });
  expect(await similarImages(older, { distance: 5, limit: 9 }, store)).toEqual({
    perceptualHash: null,
    images: [],
    isComplete: true,
  });
  expect(asked).toEqual([]);
});
