import { newRunId, type RunId } from '../../shared/domain/ids.ts';
import { variantFileName } from '../../shared/domain/image.ts';
import type { FailureCode, RunOutcome } from '../../shared/domain/job.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { Work } from '../../shared/jobs/records.ts';
import { MOST_ENCODES_AT_ONCE } from '../../shared/protocol.ts';
import type { JobStep } from '../../shared/queue/job-news.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { spanned, spanWas } from '../../shared/telemetry/metrics.ts';
import { withinSpan } from '../../shared/telemetry/tracing.ts';
import { BadOutput } from './bad-output.ts';
import type { RunVerdict } from './current-run.ts';
import type { KeptRecipes, RunRecipe } from './kept-recipes.ts';
import { publish } from './publish.ts';
import { outcomeOfEnd } from './run-outcome.ts';
import {
  ended,
  type RunAftermath,
  type RunReport,
  type RunUnderWay,
  Settlement,
  STORE_RETRY_MS,
} from './settlement.ts';
import { signalOf } from './worker-end.ts';
import type { RunPaths } from './worker-folder.ts';
import type { WorkerProcess } from './worker-process.ts';

export interface RunLimits {
  jobTimeoutMs: number;
  maxAttempts: number;
  maxPixels: number;
}

export interface RunListener {
  /** The end of a run is recorded. */
  settled(): void;
  /** A worker has begun a step, as it says. */
  stepped(step: JobStep): void;
}

const NOBODY: RunListener = { settled: () => {}, stepped: () => {} };

/** Takes one job through one run: record, stage, hand over, publish, settle. */
export class Runner {
  readonly #store: JobStore;
  readonly #storage: ImageStorage;
  readonly #recipes: KeptRecipes;
  readonly #limits: RunLimits;
  readonly #settlement: Settlement;
  readonly #log: Logger;
  readonly #told: RunListener;

  /** @param told of what the runs have come to */
  constructor(
    store: JobStore,
    storage: ImageStorage,
    recipes: KeptRecipes,
    limits: RunLimits,
    log: Logger,
    told: RunListener = NOBODY,
  ) {
    this.#told = told;
    this.#store = store;
    this.#storage = storage;
    this.#recipes = recipes;
    this.#limits = limits;
    this.#settlement = new Settlement(store, storage, limits.maxAttempts, () => told.settled());
    this.#log = log;
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
    const attributes = {
      'darkroom.request_id': requestId,
      'darkroom.image_id': imageId,
      'darkroom.run_id': runId,
    };
    let free = () => {
      free = () => {};
      workerFree();
    };
    // Its worker may end while the start is recorded.
    worker.folder.keepFor(runId);
    const span = { name: 'run', kind: 'consumer' as const, parent: work.trace ?? null, attributes };
    return withinSpan(span, async () => {
      const log = this.#log.child({ requestId, imageId, jobId, runId, workerPid: worker.pid });
      try {
        const lease = work.lease && { lease: work.lease };
        const start = { runId, jobId, workerPid: worker.pid, at: Date.now(), ...lease };
        const history = await this.#store.startRun(start);
        // Deleted while it waited; or lent to another node, which tells of its end.
        if (!history) return work.lease ? ended() : ended(jobId);
        const run = { work, runId, signal, log, took: {} };
        const report = await this.#perform(run, worker, idleWorkers, () => free());
        return await this.#settlement.settle(run, worker.decoder, history, report);
      } catch (error) {
        log.error({ err: error }, 'run could not be recorded');
        return { kind: 'again', inMs: STORE_RETRY_MS, isSuspect: work.isSuspect };
      } finally {
        free();
        await worker.folder
          .remove(runId)
          .catch((error) => log.warn({ err: error }, 'scratch was not removed'));
      }
    });
  }

  /** The run itself; whatever goes wrong is in the report. */
  async #perform(
    run: RunUnderWay,
    worker: WorkerProcess,
    idleWorkers: number,
    workerFree: () => void,
  ): Promise<RunReport> {
    const { work, runId, log, took } = run;
    try {
      const paths = await worker.folder.make(runId);
      const stage = () => this.#storage.stageOriginal(work.imageId, paths.inputPath);
      if (!(await spanned('stage', stage, took))) return failed('rejected', 'original_missing');
      const made = await this.#recipes.of(work);
      const verdict = await spanned(
        'work',
        () => this.#work(run, () => this.#handOver(work, runId, made, paths, worker, idleWorkers)),
        took,
      );
      const taken = await worker.folder.take(runId, outputsOf(verdict));
      workerFree();
      return await this.#report(run, made, taken, verdict);
    } catch (error) {
      log.error({ err: error }, 'run failed outside its worker');
      return failed('errored', error instanceof BadOutput ? error.failure : 'storage_error');
    }
  }

  /** Tells of the steps in the worker as of ours. */
  async #work({ took }: RunUnderWay, handOver: () => Promise<RunVerdict>): Promise<RunVerdict> {
    const begin = performance.now();
    const verdict = await handOver();
    const steps = verdict.kind === 'result' ? verdict.result.steps : [];
    for (const step of steps) spanWas(step.name, begin + step.begin, step.ms, took);
    return verdict;
  }

  async #handOver(
    work: Work,
    runId: RunId,
    { recipe, watermark }: RunRecipe,
    paths: RunPaths,
    worker: WorkerProcess,
    idleWorkers: number,
  ): Promise<RunVerdict> {
    const { jobId, imageId, requestId, format, tenant } = work;
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
      (step) => this.#told.stepped({ jobId, imageId, tenant, step }),
    );
  }

  async #report(
    { runId, log, took }: RunUnderWay,
    { recipe, digest }: RunRecipe,
    outputs: string,
    verdict: RunVerdict,
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
    const manifest = await spanned(
      'publish',
      () => publish(this.#storage, runId, outputs, recipe.preset, result),
      took,
    );
    const published = { manifest, recipeDigest: digest };
    return { ...failed('succeeded', null), peakRssBytes: result.peakRssBytes, published };
  }
}

/** The names of the files that a run says it has made. */
const outputsOf = (verdict: RunVerdict): string[] =>
  verdict.kind === 'result' && verdict.result.outcome === 'succeeded'
    ? verdict.result.outputs.map(variantFileName)
    : [];

function failed(outcome: RunOutcome, failure: FailureCode | null): RunReport {
  return { outcome, failure, signal: null, exitCode: null, peakRssBytes: null, published: null };
}
