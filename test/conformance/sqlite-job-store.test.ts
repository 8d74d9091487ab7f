import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteJobStore } from '../../shared/jobs/sqlite/sqlite-job-store.ts';
import { describeConcurrentNodes } from './concurrent-nodes.ts';
import { describeIdempotencyKeys } from './idempotency-keys.ts';
import { describeJobStore, type OpenedJobStore } from './job-store.ts';
import { describeKeptRecipes } from './kept-recipes.ts';
import { describeReprocessing } from './reprocessing.ts';
import { describeResumableUploads } from './resumable-uploads.ts';
import { describeSharedRuns } from './shared-runs.ts';
import { describeSimilarImages } from './similar-images.ts';

async function open(): Promise<OpenedJobStore> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-test-'));
  const path = join(folder, 'jobs.db');
  let store = await SqliteJobStore.open(path);
  return {
    store,
    reopen: async () => {
      await store.close();
      store = await SqliteJobStore.open(path);
      return store;
    },
    dispose: async () => {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

describeJobStore('SqliteJobStore', open);
describeSharedRuns('SqliteJobStore', open);
describeIdempotencyKeys('SqliteJobStore', open);
describeKeptRecipes('SqliteJobStore', open);
describeReprocessing('SqliteJobStore', open);
describeSimilarImages('SqliteJobStore', open);
describeResumableUploads('SqliteJobStore', open);
describeConcurrentNodes('SqliteJobStore', async () => {
  const { store, dispose } = await open();
  return { stores: [store, store, store], dispose };
});
