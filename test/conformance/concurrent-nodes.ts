import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_TENANT, newImageId, Tenant } from '../../shared/domain/ids.ts';
import { hasEnded } from '../../shared/domain/job.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import {
  DECODER,
  errored,
  newStart,
  newUpload,
  rejected,
  sha256Of,
  succeeded,
} from '../helpers/job-records.ts';

export interface OpenedNodes {
  /** Several on the same records, as several processes have them; or one, which is asked several times at once. */
  stores: JobStore[];
  dispose(): Promise<void>;
}

const ROUNDS = 12;
const AT_ONCE = 12;

/** What holds whatever calls of several nodes come together: the same bytes are what they contend for. */
export function describeConcurrentNodes(name: string, open: () => Promise<OpenedNodes>): void {
  describe(`${name}: calls that come together`, () => {
    let opened: OpenedNodes;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened.dispose());

    const store = (index: number): JobStore => {
      const one = opened.stores[index % opened.stores.length];
      if (!one) throw new Error('there is no store');
      return one;
    };

    const uploadsOf = (round: string, count = AT_ONCE) =>
      Array.from({ length: count }, () =>
        newUpload({ image: { id: newImageId(), sha256: sha256Of(`${name} ${round}`) } }),
      );

    test('of equal uploads one is to run, and the others share its run', async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const uploads = uploadsOf(`accepted ${round}`);
        const jobs = await Promise.all(uploads.map((upload, index) => store(index).acceptUpload(upload)));
        const leaders = jobs.filter((job) => typeof job === 'object' && job.sharedRunOf === null);
        expect(leaders).toHaveLength(1);
      }
    });

    test('of uploads that come at the same time, no more are accepted than fit into the quota', async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const tenant = Tenant.parse(`quota-${round}`);
        const quota = { images: 3, bytes: null };
        const uploads = Array.from({ length: AT_ONCE }, () => ({
          ...newUpload({ image: { tenant } }),
          quota,
        }));
        const jobs = await Promise.all(uploads.map((upload, index) => store(index).acceptUpload(upload)));
        expect(jobs.filter((job) => typeof job === 'object')).toHaveLength(3);
        expect(await store(0).usageOf(tenant)).toMatchObject({ images: 3 });
      }
    });

    test('nobody is left waiting for a run that has ended, however it ends', async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const [first, ...others] = uploadsOf(`ended ${round}`);
        if (!first) throw new Error('there is none');
        await store(0).acceptUpload(first);
        const start = newStart(first.job);
        await store(0).startRun(start);
        const end = round % 2 === 0 ? succeeded(start) : rejected(start);
        await Promise.all([
          ...others.map((upload, index) => store(index).acceptUpload(upload)),
          store(1).finishRun(end),
        ]);
        for (const { job } of [first, ...others]) {
          const found = await store(2).findJob(job.id);
          // What came too late for that run is to run itself, or waits for one that is.
          const leader = found?.job.sharedRunOf && (await store(2).findJob(found.job.sharedRunOf));
          const waitsInVain = found && !hasEnded(found.job.state) && leader && hasEnded(leader.job.state);
          expect(waitsInVain || null).toBeNull();
        }
      }
    });

    test('a leader that is deleted while others come leaves one of them to run', async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const [first, ...others] = uploadsOf(`deleted ${round}`);
        if (!first) throw new Error('there is none');
        await store(0).acceptUpload(first);
        await Promise.all([
          ...others.map((upload, index) => store(index).acceptUpload(upload)),
          store(1).deleteImage(first.image.id, DEFAULT_TENANT, 5_000),
        ]);
        const jobs = await Promise.all(others.map(({ job }, index) => store(index).findJob(job.id)));
        const leaders = jobs.filter((it) => it?.job.sharedRunOf === null);
        expect(leaders).toHaveLength(1);
      }
    });

    test('an image that is deleted while its run ends shows nothing, and no row names its set', async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const [upload] = uploadsOf(`run of a deleted ${round}`, 1);
        if (!upload) throw new Error('there is none');
        await store(0).acceptUpload(upload);
        const start = newStart(upload.job);
        await store(0).startRun(start);
        await Promise.all([
          store(1).finishRun(succeeded(start)),
          store(2).deleteImage(upload.image.id, DEFAULT_TENANT, 5_000),
        ]);
        expect(await store(0).findImage(upload.image.id, null)).toBe('deleted');
        expect(await store(0).publishedAmong([start.runId])).toEqual([]);
      }
    });

    test('a set lives as long as one image shows it', async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const uploads = uploadsOf(`shown ${round}`, 4);
        for (const upload of uploads) await store(0).acceptUpload(upload);
        const [first] = uploads;
        if (!first) throw new Error('there is none');
        const start = newStart(first.job);
        await store(0).startRun(start);
        await store(0).finishRun(succeeded(start));
        const later = uploadsOf(`shown ${round}`, 1);
        const answers = await Promise.all([
          ...uploads.map(({ image }, index) => store(index).deleteImage(image.id, DEFAULT_TENANT, 5_000)),
          ...later.map((upload) => store(1).acceptUpload(upload)),
        ]);
        const retired = answers.flatMap((it) =>
          it && typeof it === 'object' && 'retiredSet' in it ? (it.retiredSet ?? []) : [],
        );
        for (const { image } of later) {
          const found = await store(2).findImage(image.id, null);
          if (typeof found !== 'object' || found === null) throw new Error('the late upload is gone');
          const shows = found.set?.runId;
          expect(shows === undefined ? found.job.state : retired.includes(shows)).toBe(
            shows === undefined ? 'queued' : false,
          );
        }
      }
    });

    test('a job is started once, and its run ended once', async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const [upload] = uploadsOf(`started ${round}`, 1);
        if (!upload) throw new Error('there is none');
        await store(0).acceptUpload(upload);
        const starts = Array.from({ length: AT_ONCE }, () => newStart(upload.job));
        const begun = await Promise.all(starts.map((start, index) => store(index).startRun(start)));
        expect(begun.filter((history) => history !== null)).toHaveLength(1);
        const start = starts[begun.findIndex((history) => history !== null)];
        if (!start) throw new Error('none was started');
        const ends = Array.from({ length: AT_ONCE }, () =>
          round % 2 === 0 ? errored(start) : succeeded(start),
        );
        const ended = await Promise.all(ends.map((end, index) => store(index).finishRun(end)));
        expect(ended.filter((settled) => settled !== null)).toHaveLength(1);
      }
    });

    test('equal bytes are quarantined once', async () => {
      const uploads = uploadsOf('quarantined', 1);
      for (const upload of uploads) {
        await store(0).acceptUpload(upload);
        const start = newStart(upload.job);
        await store(0).startRun(start);
        const end = { ...rejected(start), next: 'quarantined' as const };
        await Promise.all(opened.stores.map((it) => it.finishRun(end)));
        const { tenant, sha256 } = upload.image;
        const asked = opened.stores.map((it) => it.isQuarantined({ tenant, sha256, decoder: DECODER }));
        expect(await Promise.all(asked)).toEqual(opened.stores.map(() => true));
      }
    });
  });
}
