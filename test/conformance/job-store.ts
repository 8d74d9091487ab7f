import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import type { IdempotencyKey } from '../../shared/domain/idempotency.ts';
import {
  DEFAULT_TENANT,
  newClaimId,
  newImageId,
  newJobId,
  newRunId,
  Tenant,
  TraceParent,
} from '../../shared/domain/ids.ts';
import { hasEnded, JOB_STATES, type JobState } from '../../shared/domain/job.ts';
import { DEFAULT_PRESET } from '../../shared/domain/preset.ts';
import { StoreError } from '../../shared/errors.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { QuarantineCursor, RunStart } from '../../shared/jobs/records.ts';
import {
  crashed,
  DECODER,
  errored,
  MANIFEST,
  type NewUpload,
  needOf,
  newStart,
  newUpload,
  PRESET_DIGEST,
  rejected,
  settledAlone,
  succeeded,
} from '../helpers/job-records.ts';

const OTHER_TENANT = Tenant.parse('other');
const PRESET_IMAGES = { preset: DEFAULT_PRESET, pipelineVersion: 1, since: 0, limit: 1 };

export interface OpenedJobStore {
  store: JobStore;
  /** Closes the store and opens it again on the same records, as the next process does. */
  reopen(): Promise<JobStore>;
  dispose(): Promise<void>;
}

/** What every {@link JobStore} must do. */
export function describeJobStore(name: string, open: () => Promise<OpenedJobStore>): void {
  const opened = async () => {
    const it = await open();
    onTestFinished(() => it.dispose());
    return it;
  };

  /** One store for all tests that look at their own records only: opening takes the most time. */
  let common: Promise<OpenedJobStore> | undefined;
  const shared = async () => {
    common ??= open();
    return (await common).store;
  };
  afterAll(async () => (await common)?.dispose());

  async function accept(store: JobStore, given: Parameters<typeof newUpload>[0] = {}) {
    const upload = newUpload(given);
    await store.acceptUpload(upload);
    return upload;
  }

  async function acceptAndStart(
    store: JobStore,
    given = {},
  ): Promise<{ upload: NewUpload; start: RunStart }> {
    const upload = await accept(store, given);
    const start = newStart(upload.job);
    expect(await store.startRun(start)).toEqual({ outcomes: {}, decoderDeaths: 0 });
    return { upload, start };
  }

  const stateOf = async (store: JobStore, { job }: NewUpload) => (await store.findJob(job.id))?.job.state;

  describe(`${name}: accepting`, () => {
    test('finds an image and its job as they were accepted', async () => {
      const store = await shared();
      const metadata = { caption: 'Été 🏔', tags: ['a', null, { deep: 1.5 }] };
      const { image, job } = await accept(store, { image: { metadata } });
      expect(await store.findImage(image.id, null)).toEqual({ image, job, set: null });
      expect(await store.findImage(image.id, image.tenant)).toEqual({ image, job, set: null });
      expect(await store.findImage(image.id, OTHER_TENANT)).toBeNull();
      expect(await store.findJob(job.id)).toEqual({ job, tenant: DEFAULT_TENANT, runs: [] });
    });

    test('finds nothing under ids that nobody has', async () => {
      const store = await shared();
      expect(await store.findImage(newImageId(), null)).toBeNull();
      expect(await store.findJob(newJobId())).toBeNull();
    });

    test('keeps all or nothing of each of many concurrent uploads, and one that fails takes no other with it', async () => {
      const store = await shared();
      const taken = await accept(store);
      // Every third brings a job id that exists: its image row fits, its job row does not.
      const uploads = Array.from({ length: 150 }, (_, index) =>
        newUpload(index % 3 === 0 ? { job: { id: taken.job.id } } : {}),
      );
      const answers = await Promise.allSettled(uploads.map((upload) => store.acceptUpload(upload)));
      for (const [index, upload] of uploads.entries()) {
        const bad = index % 3 === 0;
        expect(answers[index]?.status).toBe(bad ? 'rejected' : 'fulfilled');
        const { image, job } = upload;
        expect(await store.findImage(image.id, null)).toEqual(bad ? null : { image, job, set: null });
      }
      expect(await store.findJob(taken.job.id)).toEqual({ job: taken.job, tenant: DEFAULT_TENANT, runs: [] });
    });

    test('refuses with a StoreError what it cannot keep', async () => {
      const store = await shared();
      const upload = await accept(store);
      await expect(store.acceptUpload(upload)).rejects.toBeInstanceOf(StoreError);
    });
  });

  describe(`${name}: transitions`, () => {
    /** A job in this state, by the calls that lead there. */
    async function jobIn(store: JobStore, state: JobState) {
      const upload = await accept(store);
      const start = newStart(upload.job);
      if (state !== 'queued' && state !== 'cancelled') await store.startRun(start);
      if (state === 'succeeded') await store.finishRun(succeeded(start));
      if (state === 'failed') await store.finishRun(rejected(start));
      if (state === 'quarantined') await store.finishRun({ ...crashed(start), next: 'quarantined' });
      if (state === 'cancelled') await store.deleteImage(upload.image.id, DEFAULT_TENANT, 9_000);
      expect(await stateOf(store, upload)).toBe(state);
      return { upload, start };
    }

    test.each(JOB_STATES)('a %s job is started only when it is queued', async (state) => {
      const store = await shared();
      const { upload } = await jobIn(store, state);
      const before = await store.findJob(upload.job.id);
      const history = await store.startRun(newStart(upload.job));
      if (state === 'queued') {
        expect(history).toEqual({ outcomes: {}, decoderDeaths: 0 });
        expect(await stateOf(store, upload)).toBe('running');
      } else {
        expect(history).toBeNull();
        expect(await store.findJob(upload.job.id)).toEqual(before);
      }
    });

    test.each(JOB_STATES)('a run of a %s job is finished only when it is running', async (state) => {
      for (const end of [succeeded, rejected, errored]) {
        const store = await shared();
        const { upload, start } = await jobIn(store, state);
        const before = await store.findJob(upload.job.id);
        const settled = await store.finishRun(end(start));
        if (state !== 'running') expect(settled).toBeNull();
        else expect(settled).toEqual(settledAlone(end === succeeded));
        if (state === 'running') expect(await stateOf(store, upload)).toBe(end(start).next);
        else expect(await store.findJob(upload.job.id)).toEqual(before);
      }
    });

    test.each(JOB_STATES)('deleting the image of a %s job cancels it unless it has ended', async (state) => {
      const store = await shared();
      const { upload } = await jobIn(store, state);
      await store.deleteImage(upload.image.id, DEFAULT_TENANT, 9_000);
      expect(await stateOf(store, upload)).toBe(hasEnded(state) ? state : 'cancelled');
    });

    test.each(JOB_STATES)('recovery queues a %s job only when it was running', async (state) => {
      const store = await shared();
      const { upload } = await jobIn(store, state);
      await store.requeueRunning(9_000);
      expect(await stateOf(store, upload)).toBe(state === 'running' ? 'queued' : state);
    });

    test('no run starts of a job that is not there', async () => {
      const store = await shared();
      expect(await store.startRun(newStart(newUpload().job))).toBeNull();
    });

    test('of many that start the same job at once, one does', async () => {
      const store = await shared();
      const { job } = await accept(store);
      const histories = await Promise.all(Array.from({ length: 20 }, () => store.startRun(newStart(job))));
      expect(histories.filter((history) => history !== null)).toEqual([{ outcomes: {}, decoderDeaths: 0 }]);
      expect((await store.findJob(job.id))?.runs).toHaveLength(1);
    });
  });

  describe(`${name}: runs`, () => {
    test('a run in progress is in the record of its job', async () => {
      const store = await shared();
      const { upload, start } = await acceptAndStart(store);
      const open = { endedAt: null, outcome: null, signal: null, exitCode: null, peakRssBytes: null };
      expect((await store.findJob(upload.job.id))?.runs).toMatchObject([
        { id: start.runId, workerPid: 42, startedAt: 2_000, ...open, failure: null },
      ]);
    });

    test('the end of a run is recorded with all that is known of it', async () => {
      const store = await shared();
      const { upload, start } = await acceptAndStart(store);
      const how = {
        outcome: 'crashed',
        signal: 'SIGSEGV',
        exitCode: 139,
        failure: 'worker_crashed',
      } as const;
      await store.finishRun({ ...rejected(start), ...how });
      const record = await store.findJob(upload.job.id);
      expect(record?.job).toEqual({
        ...upload.job,
        state: 'failed',
        failure: 'worker_crashed',
        updatedAt: 3_000,
      });
      expect(record?.runs).toMatchObject([
        { id: start.runId, endedAt: 3_000, peakRssBytes: 1_000_000, ...how },
      ]);
    });

    test('the next run is told how the earlier ones ended', async () => {
      const store = await shared();
      const { job } = await accept(store);
      const ends = ['errored', 'crashed', 'errored', 'timed-out', 'interrupted'] as const;
      for (const outcome of ends) {
        const start = newStart(job);
        await store.startRun(start);
        await store.finishRun({ ...errored(start), outcome });
      }
      expect(await store.startRun(newStart(job))).toEqual({
        outcomes: { errored: 2, crashed: 1, 'timed-out': 1, interrupted: 1 },
        decoderDeaths: 0,
      });
    });

    test('the next run is told how often the decoder died', async () => {
      const store = await shared();
      const { job } = await accept(store);
      for (const failure of ['worker_crashed', 'out_of_memory', 'worker_crashed'] as const) {
        const start = newStart(job);
        await store.startRun(start);
        await store.finishRun({ ...errored(start), outcome: 'crashed', failure });
      }
      expect(await store.startRun(newStart(job))).toEqual({ outcomes: { crashed: 3 }, decoderDeaths: 2 });
    });

    test('work that has crashed is suspect, until it is retried by hand', async () => {
      const store = await shared();
      const { upload, start } = await acceptAndStart(store);
      const waiting = async () => (await store.queuedWork()).find(({ jobId }) => jobId === upload.job.id);
      await store.finishRun({ ...errored(start), outcome: 'timed-out' });
      expect(await waiting()).toMatchObject({ isSuspect: false });
      const second = newStart(upload.job);
      await store.startRun(second);
      await store.finishRun(crashed(second));
      expect(await waiting()).toMatchObject({ isSuspect: true });
      const third = newStart(upload.job);
      await store.startRun(third);
      await store.finishRun(rejected(third));
      await store.retryJob(upload.job.id, 5_000, MANIFEST.pipelineVersion);
      expect(await waiting()).toMatchObject({ isSuspect: false });
    });

    test('the runs of other jobs do not count', async () => {
      const store = await shared();
      const { start } = await acceptAndStart(store);
      await store.finishRun(errored(start));
      await acceptAndStart(store);
    });

    test('a run to be tried again leaves its job queued, without a failure and without a set', async () => {
      const store = await shared();
      const { upload, start } = await acceptAndStart(store);
      expect(await store.finishRun(errored(start))).toEqual(settledAlone(false));
      const job = { ...upload.job, state: 'queued', updatedAt: 3_000 };
      expect(await store.findImage(upload.image.id, null)).toEqual({ image: upload.image, job, set: null });
      expect((await store.queuedWork()).map((work) => work.jobId)).toContain(job.id);
    });
  });

  describe(`${name}: quarantine`, () => {
    const bytesOf = ({ image }: NewUpload) => ({ tenant: image.tenant, sha256: image.sha256 });

    async function quarantine(store: JobStore, at = 3_000) {
      const { upload, start } = await acceptAndStart(store);
      const end = { ...crashed(start), next: 'quarantined' as const, at };
      expect(await store.finishRun(end)).toEqual(settledAlone(false));
      return { upload, end };
    }

    test('bytes are quarantined with the end of the run, for their tenant and that decoder', async () => {
      const store = await shared();
      const { upload, end } = await quarantine(store);
      const bytes = bytesOf(upload);
      expect((await store.findJob(upload.job.id))?.job).toMatchObject({
        state: 'quarantined',
        failure: 'worker_crashed',
      });
      expect(await store.isQuarantined({ ...bytes, decoder: DECODER })).toBe(true);
      expect(await store.isQuarantined({ ...bytes, decoder: 'another' })).toBe(false);
      expect(await store.isQuarantined({ ...bytes, tenant: 'other' as Tenant, decoder: DECODER })).toBe(
        false,
      );
      const { quarantined } = await store.listQuarantine({ tenant: bytes.tenant, limit: 100 });
      expect(quarantined.find(({ sha256 }) => sha256 === bytes.sha256)).toEqual({
        ...bytes,
        decoder: DECODER,
        imageId: upload.image.id,
        jobId: upload.job.id,
        signal: 'SIGSEGV',
        exitCode: null,
        at: end.at,
      });
    });

    test('a late run quarantines nothing', async () => {
      const store = await shared();
      const { upload, start } = await acceptAndStart(store);
      await store.deleteImage(upload.image.id, DEFAULT_TENANT, 2_500);
      expect(await store.finishRun({ ...crashed(start), next: 'quarantined' })).toBeNull();
      expect(await store.isQuarantined({ ...bytesOf(upload), decoder: DECODER })).toBe(false);
    });

    test('stays when the image is deleted, and ends when it is released, once', async () => {
      const store = await shared();
      const { upload } = await quarantine(store);
      const bytes = bytesOf(upload);
      await store.deleteImage(upload.image.id, DEFAULT_TENANT, 4_000);
      expect(await store.isQuarantined({ ...bytes, decoder: DECODER })).toBe(true);
      expect(await store.releaseQuarantined(bytes)).toBe(true);
      expect(await store.isQuarantined({ ...bytes, decoder: DECODER })).toBe(false);
      expect(await store.releaseQuarantined(bytes)).toBe(false);
    });

    test('is listed from the newest, page by page', async () => {
      const { store, dispose } = await open();
      onTestFinished(() => dispose());
      const made = [];
      for (const at of [3_001, 3_002, 3_002, 3_003]) made.push(await quarantine(store, at));
      const tenant = made[0]?.upload.image.tenant as Tenant;
      const seen: number[] = [];
      for (let after: QuarantineCursor | null | undefined; after !== null; ) {
        const page = await store.listQuarantine({ tenant, limit: 1, ...(after && { after }) });
        seen.push(...page.quarantined.map(({ at }) => at));
        after = page.next;
      }
      expect(seen).toEqual([3_003, 3_002, 3_002, 3_001]);
    });
  });

  describe(`${name}: retrying by hand`, () => {
    test.each(['failed', 'quarantined'] as const)(
      'a job that is %s is queued again, and what it has tried no longer counts',
      async (state) => {
        const store = await shared();
        const { upload, start } = await acceptAndStart(store);
        await store.finishRun({ ...crashed(start), next: state });
        const { image, job } = upload;
        expect(await store.retryJob(job.id, 5_000, MANIFEST.pipelineVersion)).toEqual({
          toRun: {
            jobId: job.id,
            imageId: image.id,
            ...needOf(image),
            preset: job.preset,
            requestId: job.requestId,
            format: image.header.format,
            recipeDigest: PRESET_DIGEST,
            isSuspect: false,
            isBatch: false,
          },
          retiredSets: [],
        });
        const found = await store.findJob(job.id);
        expect(found?.job).toMatchObject({ state: 'queued', failure: null, updatedAt: 5_000 });
        expect(found?.runs).toHaveLength(1);
        expect((await store.queuedWork()).map(({ jobId }) => jobId)).toContain(job.id);
        expect(await store.startRun({ ...newStart(job), at: 5_000 })).toEqual({
          outcomes: {},
          decoderDeaths: 0,
        });
      },
    );

    test('is told the state of a job that waits, runs or has succeeded', async () => {
      const store = await shared();
      const { upload, start } = await acceptAndStart(store);
      expect(await store.retryJob(upload.job.id, 5_000, MANIFEST.pipelineVersion)).toBe('running');
      await store.finishRun(succeeded(start));
      expect(await store.retryJob(upload.job.id, 5_000, MANIFEST.pipelineVersion)).toBe('succeeded');
      expect(await store.retryJob((await accept(store)).job.id, 5_000, MANIFEST.pipelineVersion)).toBe(
        'queued',
      );
      expect(await store.retryJob(newJobId(), 5_000, MANIFEST.pipelineVersion)).toBeNull();
    });

    test('does not wake the job of a deleted image', async () => {
      const store = await shared();
      const { upload, start } = await acceptAndStart(store);
      await store.finishRun(rejected(start));
      await store.deleteImage(upload.image.id, DEFAULT_TENANT, 4_000);
      expect(await store.retryJob(upload.job.id, 5_000, MANIFEST.pipelineVersion)).toBe('deleted');
    });
  });

  describe(`${name}: publishing`, () => {
    test('the end of a run publishes its manifest with it', async () => {
      const store = await shared();
      const { upload, start } = await acceptAndStart(store);
      expect(await store.finishRun(succeeded(start))).toEqual(settledAlone(true));
      const found = await store.findImage(upload.image.id, null);
      expect(found).toMatchObject({
        job: { state: 'succeeded', failure: null },
        set: { runId: start.runId, manifest: MANIFEST, publishedAt: 3_000 },
      });
      expect(await store.publishedAmong([start.runId])).toEqual([start.runId]);
    });

    test('a run that failed publishes nothing', async () => {
      const store = await shared();
      const { upload, start } = await acceptAndStart(store);
      await store.finishRun(rejected(start));
      expect(await store.findImage(upload.image.id, null)).toMatchObject({
        job: { state: 'failed', failure: 'image_unreadable' },
        set: null,
      });
      expect(await store.publishedAmong([start.runId])).toEqual([]);
    });

    test('finishing a run twice counts once', async () => {
      const store = await shared();
      const { upload, start } = await acceptAndStart(store);
      await store.finishRun(succeeded(start));
      const before = await store.findImage(upload.image.id, null);
      expect(await store.finishRun({ ...rejected(start), at: 4_000 })).toBeNull();
      expect(await store.finishRun({ ...succeeded(start), at: 4_000 })).toBeNull();
      expect(await store.findImage(upload.image.id, null)).toEqual(before);
    });

    test('a late run changes nothing while another run of its job is in progress', async () => {
      const store = await shared();
      const { upload, start: late } = await acceptAndStart(store);
      await store.requeueRunning(2_500);
      const current = newStart(upload.job);
      await store.startRun(current);
      const before = await store.findJob(upload.job.id);
      for (const end of [succeeded, rejected, errored]) expect(await store.finishRun(end(late))).toBeNull();
      expect(await store.findJob(upload.job.id)).toEqual(before);
      expect(await store.findImage(upload.image.id, null)).toMatchObject({ set: null });
      expect(await store.publishedAmong([late.runId])).toEqual([]);
      expect(await store.finishRun(succeeded(current))).toEqual(settledAlone(true));
      expect(await store.findImage(upload.image.id, null)).toMatchObject({ set: { runId: current.runId } });
    });

    test('of a run and its double that end at once, one publishes', async () => {
      const store = await shared();
      const { start } = await acceptAndStart(store);
      const answers = await Promise.all(Array.from({ length: 10 }, () => store.finishRun(succeeded(start))));
      expect(answers.filter(Boolean)).toHaveLength(1);
    });

    test('tells which of many runs and images a row names', async () => {
      const store = await shared();
      const { upload, start } = await acceptAndStart(store);
      await store.finishRun(succeeded(start));
      const runs = [...Array.from({ length: 40_000 }, newRunId), start.runId];
      const images = [...Array.from({ length: 40_000 }, newImageId), upload.image.id];
      expect(await store.publishedAmong(runs)).toEqual([start.runId]);
      expect(await store.originalsKeptAmong(images)).toEqual([upload.image.id]);
      expect(await store.publishedAmong([])).toEqual([]);
      expect(await store.originalsKeptAmong([])).toEqual([]);
    });
  });

  describe(`${name}: deleting`, () => {
    test('forgets an image and its set, and knows that it was there', async () => {
      const store = await shared();
      const { upload, start } = await acceptAndStart(store);
      await store.finishRun(succeeded(start));
      const { id } = upload.image;
      expect(await store.deleteImage(id, OTHER_TENANT, 1)).toBeNull();
      expect(await store.deleteImage(id, DEFAULT_TENANT, 5_000)).toEqual({
        retiredSet: start.runId,
        promoted: null,
      });
      expect(await store.findImage(id, null)).toBe('deleted');
      expect(await store.findImage(id, DEFAULT_TENANT)).toBe('deleted');
      expect(await store.findImage(id, OTHER_TENANT)).toBeNull();
      expect(await store.publishedAmong([start.runId])).toEqual([]);
      expect(await store.originalsKeptAmong([id])).toEqual([]);
      expect(await store.deleteImage(id, DEFAULT_TENANT, 6_000)).toBe('deleted');
    });

    test('fences off the run in progress: its late result resurrects nothing', async () => {
      const store = await shared();
      const { upload, start } = await acceptAndStart(store);
      const { id } = upload.image;
      expect(await store.deleteImage(id, DEFAULT_TENANT, 5_000)).toEqual({
        retiredSet: null,
        promoted: null,
      });
      expect(await store.findJob(upload.job.id)).toMatchObject({
        job: { state: 'cancelled', updatedAt: 5_000 },
        runs: [{ outcome: 'interrupted', endedAt: 5_000 }],
      });
      expect(await store.finishRun(succeeded(start))).toBeNull();
      expect(await store.findImage(id, null)).toBe('deleted');
      expect(await store.publishedAmong([start.runId])).toEqual([]);
    });

    test('takes a queued job out of the queue', async () => {
      const store = await shared();
      const { image } = await accept(store);
      await store.deleteImage(image.id, DEFAULT_TENANT, 5_000);
      expect((await store.queuedWork()).map((work) => work.imageId)).not.toContain(image.id);
    });

    test('leaves other images alone', async () => {
      const store = await shared();
      const [doomed, other] = [await accept(store), await accept(store)];
      await store.deleteImage(doomed.image.id, DEFAULT_TENANT, 5_000);
      const { image, job } = other;
      expect(await store.findImage(image.id, null)).toEqual({ image, job, set: null });
    });

    test('answers null for an image that never was', async () => {
      const store = await shared();
      expect(await store.deleteImage(newImageId(), DEFAULT_TENANT, 5_000)).toBeNull();
    });
  });

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

  describe(`${name}: recovery`, () => {
    test('queues what was running, its run interrupted, and fences that run off', async () => {
      const { store, reopen } = await opened();
      const { upload, start } = await acceptAndStart(store);
      const next = await reopen();
      expect(await next.requeueRunning(7_000)).toBe(1);
      expect(await next.findJob(upload.job.id)).toMatchObject({
        job: { state: 'queued', updatedAt: 7_000 },
        runs: [{ outcome: 'interrupted', failure: 'worker_lost', endedAt: 7_000 }],
      });
      expect(await next.finishRun(succeeded(start))).toBeNull();
      expect(await next.startRun(newStart(upload.job))).toEqual({
        outcomes: { interrupted: 1 },
        decoderDeaths: 0,
      });
    });

    test('gives the work of all queued jobs, the oldest first, as a worker needs it', async () => {
      const { store } = await opened();
      const trace = TraceParent.parse(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`);
      const younger = await accept(store, {
        image: { createdAt: 2_000 },
        job: { requestId: 'younger', trace },
      });
      const older = await accept(store, {
        image: { createdAt: 1_000, header: { format: 'webp', width: 1, height: 1, frames: 1 } },
      });
      await acceptAndStart(store);
      expect(await store.queuedWork()).toEqual([
        {
          jobId: older.job.id,
          imageId: older.image.id,
          ...needOf(older.image),
          preset: 'default',
          requestId: 'request-1',
          format: 'webp',
          recipeDigest: PRESET_DIGEST,
          isSuspect: false,
          isBatch: false,
        },
        {
          jobId: younger.job.id,
          imageId: younger.image.id,
          ...needOf(younger.image),
          preset: 'default',
          requestId: 'younger',
          trace,
          format: 'png',
          recipeDigest: PRESET_DIGEST,
          isSuspect: false,
          isBatch: false,
        },
      ]);
    });

    test('tells how many jobs wait and for how long, those of the batch lane apart, and how much is refused', async () => {
      const { store } = await opened();
      const nothing = { jobs: 0, oldestAt: null };
      const kept = { images: 0, originalBytes: 0, variantBytes: 0 };
      expect(await store.figures()).toMatchObject({
        waiting: { upload: nothing, batch: nothing },
        quarantined: 0,
        kept,
      });
      await accept(store, { image: { createdAt: 2_000 } });
      await accept(store, { image: { createdAt: 1_000 } });
      await accept(store, { image: { createdAt: 500 }, job: { isBatch: true } });
      const { start } = await acceptAndStart(store);
      await store.finishRun({ ...crashed(start), next: 'quarantined' });
      await acceptAndStart(store);
      expect(await store.figures()).toMatchObject({
        waiting: { upload: { jobs: 2, oldestAt: 1_000 }, batch: { jobs: 1, oldestAt: 500 } },
        quarantined: 1,
        kept: { ...kept, images: 5, originalBytes: 35 },
      });
    });

    test('everything is there again after a restart', async () => {
      const { store, reopen } = await opened();
      const { upload, start } = await acceptAndStart(store);
      await store.finishRun(succeeded(start));
      const deleted = await accept(store);
      await store.deleteImage(deleted.image.id, DEFAULT_TENANT, 5_000);
      const before = [await store.findImage(upload.image.id, null), await store.findJob(upload.job.id)];
      const next = await reopen();
      expect([await next.findImage(upload.image.id, null), await next.findJob(upload.job.id)]).toEqual(
        before,
      );
      expect(await next.findImage(deleted.image.id, null)).toBe('deleted');
    });
  });

  describe(`${name}: closing`, () => {
    test('answers the calls that came before', async () => {
      const { store, reopen } = await opened();
      const uploads = Array.from({ length: 20 }, () => newUpload());
      const accepted = Promise.all(uploads.map((upload) => store.acceptUpload(upload)));
      await store.close();
      await accepted;
      const next = await reopen();
      expect(await next.queuedWork()).toHaveLength(20);
    });

    test('refuses every call that comes after with a StoreError', async () => {
      const { store } = await opened();
      await store.close();
      const upload = newUpload();
      const { image, job } = upload;
      const start = newStart(job);
      const calls = [
        store.claimKey({ id: newClaimId(), tenant: image.tenant, key: 'key' as IdempotencyKey, until: 2 }, 1),
        store.releaseClaim(newClaimId()),
        store.releaseAllClaims(),
        store.hasTwin({ ...image, recipeDigest: image.sha256, pipelineVersion: 1, isBatch: false }),
        store.acceptUpload(upload),
        store.startRun(start),
        store.finishRun(succeeded(start)),
        store.findImage(image.id, null),
        store.findJob(job.id),
        store.listJobs({ limit: 1 }),
        store.queuedWork(),
        store.deleteImage(image.id, DEFAULT_TENANT, 1),
        store.requeueRunning(1),
        store.publishedAmong([]),
        store.originalsKeptAmong([]),
        store.queueReprocess({ ...PRESET_IMAGES, at: 1, requestId: 'r' }),
        store.countReprocess(PRESET_IMAGES),
        store.findRecipe(image.sha256),
        store.keepWatermark({ sha256: image.sha256, png: new Uint8Array(1) }),
        store.findWatermark(image.sha256),
      ];
      for (const call of await Promise.allSettled(calls)) {
        expect(call).toMatchObject({ status: 'rejected', reason: { code: 'storage_unavailable' } });
        expect(call.status === 'rejected' && call.reason).toBeInstanceOf(StoreError);
      }
    });

    test('may be done twice, even at once', async () => {
      const { store } = await opened();
      await Promise.all([store.close(), store.close()]);
      await store.close();
    });
  });
}
