import type { Subscription } from '../../shared/domain/webhook.ts';
import { PostgresJobStore } from '../../shared/jobs/postgres/postgres-job-store.ts';
import { connect } from '../../shared/postgres/connect.ts';
import { NO_QUEUE } from '../helpers/no-queue.ts';
import { openRecords } from '../helpers/open-records.ts';
import { copyOf, newDatabase } from '../helpers/postgres-server.ts';
import { sharedServer } from '../helpers/shared-servers.ts';
import { describeConcurrentNodes } from './concurrent-nodes.ts';
import { describeJobStore } from './job-store.ts';
import type { OpenedJobStore } from './opened-job-store.ts';

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
