import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteJobStore } from '../../shared/jobs/sqlite/sqlite-job-store.ts';
import { describeJobStore } from './job-store.ts';

describeJobStore('SqliteJobStore', async () => {
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
});
