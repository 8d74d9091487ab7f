import { writeFile } from 'node:fs/promises';
import { expect } from 'vitest';
import type { RunId } from '../../../../shared/domain/ids.ts';
import { DEFAULT_PRESET, recipeFor } from '../../../../shared/domain/preset.ts';
import { StoreError } from '../../../../shared/errors.ts';
import type { JobStore } from '../../../../shared/jobs/job-store.ts';
import type { RunEnd, RunHistory, SettledRun, Work } from '../../../../shared/jobs/records.ts';
import type { RunMessage } from '../../../../shared/protocol.ts';
import type { ImageStorage } from '../../../../shared/storage/image-storage.ts';
import type { RunVerdict } from '../../../../workers/supervisor/current-run.ts';
import type { KeptRecipes, RunRecipe } from '../../../../workers/supervisor/kept-recipes.ts';
import { Runner } from '../../../../workers/supervisor/runner.ts';
import { Scratch } from '../../../../workers/supervisor/scratch.ts';
import type { WorkerProcess } from '../../../../workers/supervisor/worker-process.ts';
import { newUpload, settledAlone, sha256Of } from '../../../helpers/job-records.ts';
import { ownFolder } from '../../../helpers/own-folder.ts';
import { recordingLog } from '../../../helpers/recording-log.ts';
import { USER } from '../../../helpers/worker-user.ts';
import { makeAll } from './verdicts.ts';

export const LIMITS = { jobTimeoutMs: 5_000, maxAttempts: 2, maxPixels: 1_000_000 };
export const OUT_OF_REACH = new StoreError('storage_unavailable', 'the store is out of reach');

/** What one part of the surroundings does instead of what it should; the rest goes well. */
export interface Given {
  /** While the start is recorded. */
  meanwhile?: (worker: Pick<WorkerProcess, 'folder'>) => Promise<void>;
  startRun?: () => RunHistory | null;
  stageOriginal?: () => boolean;
  work?: (message: RunMessage) => Promise<RunVerdict> | RunVerdict;
  recipe?: () => Partial<RunRecipe>;
  publish?: () => void;
  finishRun?: () => SettledRun | null;
  publishedAmong?: (runs: RunId[]) => RunId[];
}

export const { image, job } = newUpload();
export const ENDED = { kind: 'ended', jobs: [job.id], promoted: null };
export const RECIPE = recipeFor(DEFAULT_PRESET, null);
/** Not that of the recipe: what it was kept under is what its set is published under. */
export const DIGEST = sha256Of('the recipe');
export const WORK: Work = {
  jobId: job.id,
  imageId: image.id,
  tenant: image.tenant,
  memoryBytes: 0,
  preset: 'default',
  requestId: 'r-1',
  format: 'png',
  recipeDigest: DIGEST,
  isSuspect: false,
  isBatch: false,
};

/** One run among things that write down what is asked of them. */
export async function surroundings(given: Given = {}) {
  const calls: string[] = [];
  const ends: RunEnd[] = [];
  const messages: RunMessage[] = [];
  const folder = await ownFolder();
  const { log, lines, said } = recordingLog();
  const store: Partial<JobStore> = {
    async startRun() {
      calls.push('startRun');
      await given.meanwhile?.(worker);
      return given.startRun ? given.startRun() : { outcomes: {}, decoderDeaths: 0 };
    },
    async finishRun(end) {
      calls.push('finishRun');
      ends.push(end);
      return given.finishRun ? given.finishRun() : settledAlone(end.published !== null);
    },
    async publishedAmong(runs) {
      return given.publishedAmong?.(runs) ?? [];
    },
  };
  const recipes: Pick<KeptRecipes, 'of'> = {
    async of(work) {
      expect(work).toBe(WORK);
      return { recipe: RECIPE, digest: DIGEST, watermark: null, ...given.recipe?.() };
    },
  };
  const storage: Partial<ImageStorage> = {
    async stageOriginal(_, path) {
      calls.push('stageOriginal');
      await writeFile(path, 'the original');
      return given.stageOriginal?.() ?? true;
    },
    async publish(_, write) {
      calls.push('publish');
      given.publish?.();
      return write(async () => ({ write: async () => {} }));
    },
    async removePublished(run) {
      calls.push(`removePublished ${run}`);
    },
  };
  const worker: Pick<WorkerProcess, 'pid' | 'folder' | 'run'> = {
    pid: 42,
    folder: (await Scratch.open(folder)).newFolder(process.getuid?.() === 0 ? USER : null),
    async run(message) {
      calls.push('work');
      messages.push(message);
      return (given.work ?? makeAll)(message);
    },
  };
  const runner = new Runner(store as JobStore, storage as ImageStorage, recipes as KeptRecipes, LIMITS, log);
  const ending = new AbortController();
  const run = () =>
    runner.run(WORK, worker as WorkerProcess, 0, () => void calls.push('free'), ending.signal);
  return { run, calls, ends, messages, folder: worker.folder.path, root: folder, lines, said, ending };
}

export const fail = (error: Error) => () => {
  throw error;
};
