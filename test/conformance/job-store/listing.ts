import { describe, expect, test } from 'vitest';
import type { JobState } from '../../../shared/domain/job.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import { newUpload, rejected } from '../../helpers/job-records.ts';
import { accept, acceptAndStart, type Stores } from './stores.ts';

/** How every {@link JobStore} lists jobs, page by page. */
export function describeListing(name: string, { opened }: Stores): void {
  describe(`${name}: listing`, () => {
    async function pages(store: JobStore, query: { status?: JobState; limit: number }) {
      const ids: string[][] = [];
      let page = await store.listJobs(query);
      for (;;) {
        ids.push(page.jobs.map((job) => job.id));
        if (!page.next) return ids;
        page = await store.listJobs({ ...query, after: page.next });
      }
    }

    test('gives jobs from the newest to the oldest', async () => {
      const { store } = await opened();
      const uploads = [];
      for (const createdAt of [3_000, 1_000, 2_000])
        uploads.push(await accept(store, { image: { createdAt } }));
      const page = await store.listJobs({ limit: 10 });
      expect(page.jobs.map((job) => job.createdAt)).toEqual([3_000, 2_000, 1_000]);
      expect(page.next).toBeNull();
    });

    test('pages through jobs of one moment without leaving out or repeating any', async () => {
      const { store } = await opened();
      const uploads = Array.from({ length: 23 }, () => newUpload());
      await Promise.all(uploads.map((upload) => store.acceptUpload(upload)));
      const found = await pages(store, { limit: 5 });
      expect(found.map((page) => page.length)).toEqual([5, 5, 5, 5, 3]);
      expect(found.flat().toSorted()).toEqual(uploads.map(({ job }) => job.id as string).toSorted());
    });

    test('has no next page when the last one is full', async () => {
      const { store } = await opened();
      for (let count = 0; count < 4; count++) await accept(store);
      expect((await pages(store, { limit: 2 })).map((page) => page.length)).toEqual([2, 2]);
    });

    test('pages through the jobs of one state', async () => {
      const { store } = await opened();
      for (let count = 0; count < 5; count++) {
        await accept(store);
        const { start } = await acceptAndStart(store);
        await store.finishRun(rejected(start));
      }
      const found = await pages(store, { status: 'failed', limit: 2 });
      expect(found.map((page) => page.length)).toEqual([2, 2, 1]);
      expect(new Set(found.flat()).size).toBe(5);
      expect(await pages(store, { status: 'cancelled', limit: 2 })).toEqual([[]]);
    });
  });
}
