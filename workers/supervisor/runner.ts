import { setTimeout as sleep } from 'node:timers/promises';
import { type JobId, newRunId, type RunId } from '../../shared/domain/ids.ts';
import { variantFileName } from '../../shared/domain/image.ts';
import type { FailureCode, RunOutcome } from '../../shared/domain/job.ts';
import type { Decoder } from '../../shared/domain/quarantine.ts';
import { StoreError } from '../../shared/errors.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { RunEnd, RunHistory, Work } from '../../shared/jobs/records.ts';
import { MOST_ENCODES_AT_ONCE } from '../../shared/protocol.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { runsTotal, spanned } from '../../shared/telemetry/metrics.ts';
import { BadOutput } from './bad-output.ts';
import type { KeptRecipes, RunRecipe } from './kept-recipes.ts';
import { stateAfter } from './next-state.ts';
import { publish } from './publish.ts';
import { outcomeOfEnd } from './run-outcome.ts';
import { signalOf } from './worker-end.ts';
import type { RunPaths } from './worker-folder.ts';
import type { RunVerdict, WorkerProcess } from './worker-process.ts';

/** A store that is out of reach is asked again after so long. */
const STORE_RETRY_MS = 1_000;

export interface RunLimits {
  jobTimeoutMs: number;
  maxAttempts: number;
  maxPixels: number;
}

/** Which jobs have ended and which has to run instead; or when the job may run again, and whether alone. */
export type RunAftermath =
  | { kind: 'ended'; jobs: JobId[]; promoted: Work | null }
  | { kind: 'again'; inMs: number; isSuspect: boolean };

type RunReport = Pick<RunEnd, 'outcome' | 'failure' | 'signal' | 'exitCode' | 'peakRssBytes' | 'published'>;

/** Takes one job through one run: record, stage, hand over, publish, settle. */
export class Runner {
  readonly #store: JobStore;
  readonly #storage: ImageStorage;
  readonly #recipes: KeptRecipes;
  readonly #limits: RunLimits;
  readonly #log: Logger;
  readonly #settled: () => void;

  /** @param settled told of each run whose end is recorded */
  constructor(
    store: JobStore,
    storage: ImageStorage,
    recipes: KeptRecipes,
    limits: RunLimits,
    log: Logger,
    settled: () => void = () => {},
  ) {
    this.#store = store;
    this.#storage = storage;
    this.#recipes = recipes;
    this.#limits = limits;
    this.#log = log;
    this.#settled = settled;
  }

  /**
   * @param idleWorkers those beside this one: cores on which this run may encode, too
   * @param workerFree called once, as soon as the worker can take another run: before the outputs are published
   * @param signal aborted when the service ends: what is not settled by then is for the next boot
   */
  async run(
    work: Work,
    worker: WorkerProcess,
    idleWorkers: number,
    workerFree: () => void,
    signal: AbortSignal,
  ): Promise<RunAftermath> {
    const runId = newRunId();
    const { requestId, imageId, jobId } = work;
    const log = this.#log.child({ requestId, imageId, jobId, runId, workerPid: worker.pid });
    let free = () => {
      free = () => {};
      workerFree();
    };
    // Its worker may end while the start is recorded.
    worker.folder.keepFor(runId);
    try {
      const lease = work.lease && { lease: work.lease };
      const history = await this.#store.startRun({
        runId,
        jobId,
        workerPid: worker.pid,
        at: Date.now(),
        ...lease,
      });
      // Deleted while it waited; or lent to another node, which tells of its end.
      if (!history) return work.lease ? ended() : ended(jobId);
      const report = await this.#perform(work, runId, worker, idleWorkers, () => free(), log);
      return await this.#settle(work, runId, worker.decoder, history, report, signal, log);
    } catch (error) {
      log.error({ err: error }, 'run could not be recorded');
      return { kind: 'again', inMs: STORE_RETRY_MS, isSuspect: work.isSuspect };
    } finally {
      free();
      await worker.folder.remove(runId).catch((error) => log.warn({ err: error }, 'scratch was not removed'));
    }
  }

  /** The run itself; whatever goes wrong is in the report. */
  async #perform(
    work: Work,
    runId: RunId,
    worker: WorkerProcess,
    idleWorkers: number,
    workerFree: () => void,
    log: Logger,
  ): Promise<RunReport> {
    try {
      const paths = await worker.folder.make(runId);
      if (!(await spanned('stage', () => this.#storage.stageOriginal(work.imageId, paths.inputPath)))) {
        return failed('rejected', 'original_missing');
      }
      const made = await this.#recipes.of(work);
      const verdict = await spanned('work', () =>
        this.#handOver(work, runId, made, paths, worker, idleWorkers),
      );
      const taken = await worker.folder.take(runId, outputsOf(verdict));
      workerFree();
      return await this.#report(runId, made, taken, verdict, log);
    } catch (error) {
      log.error({ err: error }, 'run failed outside its worker');
      return failed('errored', error instanceof BadOutput ? error.failure : 'storage_error');
    }
  }

  async #handOver(
    work: Work,
    runId: RunId,
    { recipe, watermark }: RunRecipe,
    paths: RunPaths,
    worker: WorkerProcess,
    idleWorkers: number,
  ): Promise<RunVerdict> {
    const { jobId, imageId, requestId, format } = work;
    const { maxPixels, jobTimeoutMs } = this.#limits;
    const watermarkPath = watermark && (await worker.folder.putWatermark(runId, watermark));
    return worker.run(
      {
        type: 'run',
        runId,
        jobId,
        imageId,
        requestId,
        format,
        recipe,
        watermarkPath,
        encodesAtOnce: Math.min(1 + idleWorkers, MOST_ENCODES_AT_ONCE),
        maxPixels,
        ...paths,
      },
      jobTimeoutMs,
    );
  }

  async #report(
    runId: RunId,
    { recipe, digest }: RunRecipe,
    outputs: string,
    verdict: RunVerdict,
    log: Logger,
  ): Promise<RunReport> {
    if (verdict.kind === 'ended') {
      const { outcome, failure } = outcomeOfEnd(verdict.end);
      const { exitCode } = verdict.end;
      return { ...failed(outcome, failure), exitCode, signal: signalOf(verdict.end) };
    }
    const { result } = verdict;
    if (result.outcome !== 'succeeded') {
      log.warn({ detail: result.detail, failure: result.failure }, 'worker could not make the variants');
      return { ...failed(result.outcome, result.failure), peakRssBytes: result.peakRssBytes };
    }
    const manifest = await spanned('publish', () =>
      publish(this.#storage, runId, outputs, recipe.preset, result),
    );
    const published = { manifest, recipeDigest: digest };
    return { ...failed('succeeded', null), peakRssBytes: result.peakRssBytes, published };
  }

  /** Ends the run and its job in one transaction. A late run, whose job has gone on without it, leaves nothing. */
  async #settle(
    work: Work,
    runId: RunId,
    decoder: Decoder,
    history: RunHistory,
    report: RunReport,
    signal: AbortSignal,
    log: Logger,
  ): Promise<RunAftermath> {
    const { next, retryInMs } = stateAfter(report, history, this.#limits.maxAttempts, Math.random());
    const end: RunEnd = {
      ...report,
      runId,
      decoder,
      jobId: work.jobId,
      at: Date.now(),
      next,
      retryInMs,
      ...(work.lease && { lease: work.lease }),
    };
    const settled = await spanned('settle', () =>
      this.#insist(() => this.#store.finishRun(end), signal, log),
    );
    if (settled === 'unknown') return ended();
    const isUsed = settled ? settled.keepsDirectory : await this.#isNamed(end, signal, log);
    const unused = report.published && isUsed === false ? [runId] : [];
    for (const set of [...unused, ...(settled?.retiredSets ?? [])]) {
      // It is not seen, and the next boot sweeps what is left of it.
      await this.#storage.removePublished(set).catch((error) => log.warn({ err: error }, 'set not removed'));
    }
    const { outcome, failure } = report;
    runsTotal.inc({ outcome, failure: failure ?? 'none' });
    const status = settled || isUsed === true ? next : 'given up';
    log.info({ outcome, failure, status, signal: report.signal }, 'run settled');
    if (settled) this.#settled();
    // Of a job that was lent it is whoever has it now that tells of its end.
    if (!settled) return work.lease && isUsed !== true ? ended() : ended(work.jobId);
    // What is to run was sent to the queue with the end of this run.
    if (work.lease) return next === 'queued' ? ended() : ended(work.jobId, ...settled.followers);
    if (next !== 'queued') return { ...ended(work.jobId, ...settled.followers), promoted: settled.promoted };
    return { kind: 'again', inMs: retryInMs, isSuspect: work.isSuspect || outcome === 'crashed' };
  }

  /**
   * Whether a row names what a run has published whose end does not count (any more): the answer to an earlier try may have
   * been lost, and not what it did.
   */
  async #isNamed(
    { runId, published }: RunEnd,
    signal: AbortSignal,
    log: Logger,
  ): Promise<boolean | 'unknown'> {
    if (!published) return false;
    const named = await this.#insist(() => this.#store.publishedAmong([runId]), signal, log);
    return named === 'unknown' ? named : named.includes(runId);
  }

  /** A run that has ended must not stay `running`. Unknown: the service ended first, and the next boot settles it. */
  async #insist<T>(ask: () => Promise<T>, signal: AbortSignal, log: Logger): Promise<T | 'unknown'> {
    while (true) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        log.error({ err: error }, 'the end of a run could not be recorded');
        if (signal.aborted) return 'unknown';
        await sleep(STORE_RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }
}

/** The names of the files that a run says it has made. */
const outputsOf = (verdict: RunVerdict): string[] =>
  verdict.kind === 'result' && verdict.result.outcome === 'succeeded'
    ? verdict.result.outputs.map(variantFileName)
    : [];

const ended = (...jobs: JobId[]) => ({ kind: 'ended' as const, jobs, promoted: null });

function failed(outcome: RunOutcome, failure: FailureCode | null): RunReport {
  return { outcome, failure, signal: null, exitCode: null, peakRssBytes: null, published: null };
}
