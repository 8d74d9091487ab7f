import type { Subscription } from '../../shared/domain/webhook.ts';
import { PostgresJobStore } from '../../shared/jobs/postgres/postgres-job-store.ts';
import { connect } from '../../shared/postgres/connect.ts';
import { NO_QUEUE } from '../helpers/no-queue.ts';
import { openRecords } from '../helpers/open-records.ts';
import { copyOf, newDatabase } from '../helpers/postgres-server.ts';
import { sharedServer } from '../helpers/shared-servers.ts';
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

const openStore = async (url: string, webhooks?: () => readonly Subscription[]) =>
  new PostgresJobStore(await openRecords(connect(url, 10)), 'this node', NO_QUEUE, undefined, webhooks);

async function open(webhooks?: () => readonly Subscription[]): Promise<OpenedJobStore> {
  const url = await copyOf(await sharedServer('migrated'));
  let store = await openStore(url, webhooks);
  return {
    store,
    reopen: async () => {
      await store.close();
      store = await openStore(url, webhooks);
      return store;
    },
    dispose: () => store.close(),
  };
}

describeJobStore('PostgresJobStore', open);
describeSharedRuns('PostgresJobStore', open);
describeIdempotencyKeys('PostgresJobStore', open);
describeKeptRecipes('PostgresJobStore', open);
describeReprocessing('PostgresJobStore', open);
describeImageList('PostgresJobStore', open);
describeErasing('PostgresJobStore', open);
describeChangedAddresses('PostgresJobStore', open);
describeRetention('PostgresJobStore', open);
describeWebhooks('PostgresJobStore', open);
describeSimilarImages('PostgresJobStore', open);
describeResumableUploads('PostgresJobStore', open);
describeJobChanges('PostgresJobStore', open);
describeUsage('PostgresJobStore', open);

describeConcurrentNodes('PostgresJobStore', async () => {
  const url = await newDatabase(await sharedServer('postgres'));
  // At once: each brings the tables up to date, or waits for who does.
  const stores = await Promise.all([openStore(url), openStore(url), openStore(url)]);
  return {
    stores,
    dispose: async () => {
      for (const store of stores) await store.close();
    },
  };
});
