import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newJobId, Tenant } from '../../shared/domain/ids.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import { errored, newStart, newUpload, rejected, sha256Of, succeeded } from '../helpers/job-records.ts';
import type { OpenedJobStore } from './opened-job-store.ts';

const OTHER_TENANT = Tenant.parse('other');

/** How every {@link JobStore} tells what has changed since. */
export function describeJobChanges(name: string, open: () => Promise<OpenedJobStore>): void {
  describe(`${name}: changes of jobs`, () => {
    let opened: OpenedJobStore;
    let store: JobStore;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened.dispose());

    const lastOf = async () => (await store.changesAfter({ after: 2 ** 50, tenant: null, limit: 1 })).last;
    const statesAfter = async (after: number) =>
      (await store.changesAfter({ after, tenant: null, limit: 100 })).changes.map(({ id, state }) => [
        id,
        state,
      ]);

    async function accepted(given: Parameters<typeof newUpload>[0] = {}) {
      const upload = newUpload(given);
      await store.acceptUpload(upload);
      return upload;
    }

    test('are found by their numbers, each job by its last one', async () => {
      const before = await lastOf();
      const one = await accepted();
      const other = await accepted();
      const start = newStart(one.job);
      await store.startRun(start);
      expect(await statesAfter(before)).toEqual([
        [other.job.id, 'queued'],
        [one.job.id, 'running'],
      ]);
      await store.finishRun(rejected(start));
      const { changes, last, begun, over } = await store.changesAfter({
        after: before,
        tenant: null,
        limit: 9,
      });
      expect(changes.at(-1)).toEqual({
        id: one.job.id,
        imageId: one.image.id,
        tenant: 'default',
        state: 'failed',
        failure: 'image_unreadable',
        updatedAt: 3_000,
        change: last,
      });
      expect(over).toBeGreaterThanOrEqual(begun);
      expect(await store.findChange(one.job.id)).toEqual(changes.at(-1));
      expect(await store.changesAfter({ after: last, tenant: null, limit: 9 })).toMatchObject({
        changes: [],
        last,
      });
    });

    test('come with whatever changes a state', async () => {
      const { job, image } = await accepted();
      await accepted({ image: { sha256: image.sha256 } });
      const seen: unknown[] = [];
      let after = await lastOf();
      const look = async () => {
        const found = await statesAfter(after);
        seen.push(found.map(([id, state]) => `${id === job.id ? 'job' : 'other'} ${state}`).toSorted());
        after = await lastOf();
      };
      const first = newStart(job);
      await store.startRun(first);
      await look();
      await store.finishRun(errored(first));
      await look();
      const second = newStart(job);
      await store.startRun(second);
      await store.finishRun(rejected(second));
      await look();
      await store.retryJob(job.id, 4_000, 1);
      await look();
      await store.deleteImage(image.id, image.tenant, 5_000);
      await look();
      expect(seen).toEqual([
        ['job running'],
        ['job queued'],
        ['job failed', 'other failed'],
        ['job queued'],
        ['job cancelled'],
      ]);
    });

    test('are those of a tenant, as many as are asked for', async () => {
      const after = await lastOf();
      const image = { tenant: OTHER_TENANT };
      const theirs = [await accepted({ image }), await accepted({ image }), await accepted({ image })];
      await accepted();
      const { changes } = await store.changesAfter({ after, tenant: OTHER_TENANT, limit: 2 });
      expect(changes.map(({ id }) => id)).toEqual(theirs.slice(0, 2).map(({ job }) => job.id));
      expect(changes.every(({ tenant }) => tenant === OTHER_TENANT)).toBe(true);
    });

    test('none of a job that is not there', async () => {
      expect(await store.findChange(newJobId())).toBeNull();
    });

    test('of many that come together, each has a number of its own', async () => {
      const after = await lastOf();
      const uploads = Array.from({ length: 60 }, (_, n) =>
        newUpload({ image: { sha256: sha256Of(`${n}`) } }),
      );
      await Promise.all(
        uploads.map(async (upload) => {
          await store.acceptUpload(upload);
          const start = newStart(upload.job);
          await store.startRun(start);
          await store.finishRun(succeeded(start));
        }),
      );
      const { changes } = await store.changesAfter({ after, tenant: null, limit: 100 });
      expect(new Set(changes.map(({ id }) => id))).toEqual(new Set(uploads.map(({ job }) => job.id)));
      expect(new Set(changes.map(({ change }) => change)).size).toBe(60);
      expect(changes.every(({ state }) => state === 'succeeded')).toBe(true);
    });

    test('go on where they were in the next process', async () => {
      const { job } = await accepted();
      const before = await store.findChange(job.id);
      store = await opened.reopen();
      expect(await store.findChange(job.id)).toEqual(before);
      const next = await accepted();
      expect((await store.findChange(next.job.id))?.change).toBeGreaterThan(before?.change ?? Infinity);
    });
  });
}
