import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Subscription } from '../../shared/domain/webhook.ts';
import { SqliteJobStore } from '../../shared/jobs/sqlite/sqlite-job-store.ts';
import { describeChangedAddresses } from './changed-addresses.ts';
import { describeConcurrentNodes } from './concurrent-nodes.ts';
import { describeErasing } from './erasing.ts';
import { describeIdempotencyKeys } from './idempotency-keys.ts';
import { describeImageList } from './image-list.ts';
import { describeJobChanges } from './job-changes.ts';
import { describeJobStore, type OpenedJobStore } from './job-store.ts';
import { describeKeptRecipes } from './kept-recipes.ts';
import { describeReprocessing } from './reprocessing.ts';
import { describeResumableUploads } from './resumable-uploads.ts';
import { describeRetention } from './retention.ts';
import { describeSharedRuns } from './shared-runs.ts';
import { describeSimilarImages } from './similar-images.ts';
import { describeUsage } from './usage.ts';
import { describeWebhooks } from './webhooks.ts';

async function open(webhooks?: () => readonly Subscription[]): Promise<OpenedJobStore> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-test-'));
  const path = join(folder, 'jobs.db');
  let store = await SqliteJobStore.open(path, webhooks);
  return {
    store,
    reopen: async () => {
      await store.close();
      store = await SqliteJobStore.open(path, webhooks);
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
describeImageList('SqliteJobStore', open);
describeErasing('SqliteJobStore', open);
describeChangedAddresses('SqliteJobStore', open);
describeRetention('SqliteJobStore', open);
describeWebhooks('SqliteJobStore', open);
describeSimilarImages('SqliteJobStore', open);
describeResumableUploads('SqliteJobStore', open);
describeJobChanges('SqliteJobStore', open);
describeUsage('SqliteJobStore', open);
describeConcurrentNodes('SqliteJobStore', async () => {
  const { store, dispose } = await open();
  return { stores: [store, store, store], dispose };
});
