import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Subscription } from '../../shared/domain/webhook.ts';
import { SqliteJobStore } from '../../shared/jobs/sqlite/sqlite-job-store.ts';
import { describeConcurrentNodes } from './concurrent-nodes.ts';
import { describeJobStore } from './job-store.ts';
import type { OpenedJobStore } from './opened-job-store.ts';

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
describeConcurrentNodes('SqliteJobStore', async () => {
  const { store, dispose } = await open();
  return { stores: [store, store, store], dispose };
});
