import { setTimeout as sleep } from 'node:timers/promises';
import type { JobId, RunId } from '../../shared/domain/ids.ts';
import type { Decoder } from '../../shared/domain/quarantine.ts';
import { StoreError } from '../../shared/errors.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { RunEnd, RunHistory, Work } from '../../shared/jobs/records.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { quarantinedTotal, runsTotal, spanned, type Took } from '../../shared/telemetry/metrics.ts';
import { stateAfter } from './next-state.ts';

/** A store that is out of reach is asked again after so long. */
export const STORE_RETRY_MS = 1_000;

/** Which jobs have ended and which has to run instead; or when the job may run again, and whether alone. */
export type RunAftermath =
  | { kind: 'ended'; jobs: JobId[]; promoted: Work | null }
  | { kind: 'again'; inMs: number; isSuspect: boolean };

export type RunReport = Pick<
  RunEnd,
  'outcome' | 'failure' | 'signal' | 'exitCode' | 'peakRssBytes' | 'published'
>;

/** A run, and where its steps are told of. */
export interface RunUnderWay {
  work: Work;
  runId: RunId;
  /** Aborted when the service ends: what is not settled by then is for the next boot. */
  signal: AbortSignal;
  log: Logger;
  took: Took;
}

/** Records how runs have ended, and what becomes of their jobs. */
export class Settlement {
  readonly #store: JobStore;
  readonly #storage: ImageStorage;
  readonly #maxAttempts: number;
  readonly #settled: () => void;

  /** @param settled told of each run whose end is recorded */
  constructor(store: JobStore, storage: ImageStorage, maxAttempts: number, settled: () => void) {
    this.#store = store;
    this.#storage = storage;
    this.#maxAttempts = maxAttempts;
    this.#settled = settled;
  }

  /** Ends the run and its job in one transaction. A late run, whose job has gone on without it, leaves nothing. */
  async settle(
    run: RunUnderWay,
    decoder: Decoder,
    history: RunHistory,
    report: RunReport,
  ): Promise<RunAftermath> {
    const { work, runId, signal, log, took } = run;
    const { next, retryInMs } = stateAfter(report, history, this.#maxAttempts, Math.random());
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
    const settled = await spanned(
      'settle',
      () => this.#insist(() => this.#store.finishRun(end), signal, log),
      took,
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
    if (settled && next === 'quarantined') quarantinedTotal.inc();
    const status = settled || isUsed === true ? next : 'given up';
    const { peakRssBytes, signal: died } = report;
    log.info({ outcome, failure, status, signal: died, peakRssBytes, ms: took }, 'run settled');
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

export const ended = (...jobs: JobId[]) => ({ kind: 'ended' as const, jobs, promoted: null });
