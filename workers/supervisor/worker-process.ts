import type { ChildProcess } from 'node:child_process';
import type { Decoder } from '../../shared/domain/quarantine.ts';
import { FromWorker, HEARTBEAT_INTERVAL_MS, type RunMessage, type StepName } from '../../shared/protocol.ts';
import type { WorkerState } from '../../shared/queue/hand-off.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { Channel } from './channel.ts';
import { type CurrentRun, endOf, idsOf, type RunVerdict, runState, stepOf } from './current-run.ts';
import type { Launched } from './launcher.ts';
import { READY_TIMEOUT_MS } from './restart-policy.ts';
import { killGroup, settled } from './settle.ts';
import { Watchdog } from './watchdog.ts';
import type { KillReason, WorkerEnd } from './worker-end.ts';
import type { WorkerFolder } from './worker-folder.ts';
import { WorkerOutput } from './worker-output.ts';

/** Ten beats: an event loop that is only slow on a loaded machine is not stuck. */
const HEARTBEAT_TIMEOUT_MS = 10 * HEARTBEAT_INTERVAL_MS;

/** A process that ends closes its channel a moment before; one that lives on has closed it itself. */
const END_AFTER_DISCONNECT_MS = 1_000;

/** A worker that was retired and has nothing to run ends by itself in a few milliseconds. */
const END_AFTER_RETIREMENT_MS = 2_000;

/** When a worker has served long enough: what native code may have lost or broken goes with it. */
export interface WearLimits {
  /** Give or take a fifth. */
  workerMaxRuns: number;
  workerMaxRssBytes: number;
}

/**
 * One worker process, from its start to its end. It is not trusted: everything it says is checked, it has one run
 * at a time, and a deadline for it. The first outcome of a run counts, and a result before a death is a result.
 */
export class WorkerProcess {
  readonly pid: number;
  /** Its part of the scratch. */
  readonly folder: WorkerFolder;
  /** True once it is ready; false when it ended before. */
  readonly ready: Promise<boolean>;
  readonly ended: Promise<WorkerEnd>;
  readonly #child: ChildProcess;
  readonly #leave: () => Promise<void>;
  readonly #log: Logger;
  readonly #output: WorkerOutput;
  readonly #channel: Channel;
  readonly #heartbeat = new Watchdog(HEARTBEAT_TIMEOUT_MS, () => this.kill('heartbeat'));
  readonly #lingers = new Watchdog(END_AFTER_RETIREMENT_MS, () => this.kill('retired'));
  readonly #disconnected = new Watchdog(END_AFTER_DISCONNECT_MS, () => this.#livesOn());
  readonly #began = performance.now();
  #decoder: Decoder | null = null;
  #runs = 0;
  #rssBytes = 0;
  #retired = false;
  /** Workers that started together are not to be worn together. */
  readonly #lifetime = 0.8 + 0.4 * Math.random();
  #becomeReady: (ready: boolean) => void = () => {};
  #killedFor: KillReason | null = null;
  #run: CurrentRun | null = null;
  #end: WorkerEnd | null = null;

  constructor({ child, folder, leave }: Launched, log: Logger) {
    this.#child = child;
    this.folder = folder;
    this.#leave = leave;
    // A process that could not be started has no pid, and ends at once.
    this.pid = child.pid ?? 0;
    this.#log = log.child({ workerPid: this.pid });
    this.#output = new WorkerOutput(child, this.#log);
    this.ready = new Promise((resolve) => {
      this.#becomeReady = resolve;
    });
    this.ended = this.#follow();
    child.on('error', (error) => this.#log.error({ err: error }, 'worker could not be started, or killed'));
    this.#channel = new Channel(
      child,
      (received) => this.#receive(received),
      () => this.#closed(),
    );
  }

  /** It can take a run, or is at one. What is given up, or cannot be spoken to, is about to end. */
  get isReady(): boolean {
    return (
      !this.#retired &&
      this.#decoder !== null &&
      this.#channel.isOpen &&
      this.#killedFor === null &&
      this.#end === null
    );
  }

  /** What it decodes with, as it has said when it became ready. */
  get decoder(): Decoder {
    if (this.#decoder === null) throw new Error('the worker is not ready yet');
    return this.#decoder;
  }

  /** Of its last heartbeat. */
  get rssBytes(): number {
    return this.#rssBytes;
  }

  /** What it is at, for who looks. */
  get state(): WorkerState {
    const now = performance.now();
    return {
      pid: this.pid,
      state: this.#phase(),
      ageMs: Math.round(now - this.#began),
      runs: this.#runs,
      rssBytes: this.#rssBytes,
      run: this.#run && runState(this.#run, now),
    };
  }

  #phase(): WorkerState['state'] {
    if (this.#retired) return 'retired';
    if (this.#decoder === null) return 'starting';
    if (!this.isReady) return 'ending';
    return this.#run ? 'running' : 'ready';
  }

  /** It has had no run yet: nothing that a picture did to it can be left over. */
  get isFresh(): boolean {
    return this.isReady && this.#runs === 0;
  }

  /** It has had many runs, or has grown: another is to take its place between two runs. */
  isWorn({ workerMaxRuns, workerMaxRssBytes }: WearLimits): boolean {
    return this.#runs >= workerMaxRuns * this.#lifetime || this.#rssBytes > workerMaxRssBytes;
  }

  /**
   * Hands over a run. Resolves with the worker's result, or with its end when it dies without one.
   * @param stepped is told of what the worker says that it begins, at most {@link MOST_STEPS} times
   */
  run(
    message: RunMessage,
    deadlineMs: number,
    stepped: (step: StepName) => void = () => {},
  ): Promise<RunVerdict> {
    // It was given up, or died, while it was idle: that is not for this run to answer for.
    if (!this.isReady) {
      return this.ended.then((end) => ({ kind: 'ended', end: { ...end, killedFor: 'not-ready' } }));
    }
    this.#runs++;
    this.#output.begin(idsOf(message));
    return new Promise((settle) => {
      const deadline = new Watchdog(deadlineMs, () => this.kill('deadline'));
      const begun = { begunAt: performance.now(), isStarted: false, step: null, steps: 0 };
      this.#run = { message, ...begun, deadline, stepped, settle };
      deadline.reset();
      this.#channel.send(message);
    });
  }

  /** Asks an idle worker to end; one that runs ends after its run. */
  stop(): void {
    this.#channel.send({ type: 'stop' });
  }

  /** Takes it out of service while it is idle; it ends. */
  retire(): void {
    this.#retired = true;
    this.stop();
    this.#lingers.reset();
  }

  get isRetired(): boolean {
    return this.#retired;
  }

  /** Ends it at once; the first reason counts, unless it has ended by itself and the rest of its words is on the way. */
  kill(reason: KillReason): void {
    if (this.#end || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#killedFor ??= reason;
    this.#child.kill('SIGKILL');
    killGroup(this.#child.pid);
  }

  async #follow(): Promise<WorkerEnd> {
    const tooLate = new Watchdog(READY_TIMEOUT_MS, () => this.kill('not-ready'));
    tooLate.reset();
    void this.ready.then(() => tooLate.stop());
    const how = await settled(this.#child);
    const end: WorkerEnd = {
      ...how,
      killedFor: this.#killedFor,
      ...(this.#output.ranOutOfMemory && { outOfMemory: true }),
    };
    this.#end = end;
    this.#heartbeat.stop();
    this.#disconnected.stop();
    this.#lingers.stop();
    this.#output.end();
    this.#becomeReady(false);
    this.#settleRun({ kind: 'ended', end: this.#run ? endOf(this.#run, end) : end });
    // What stays is swept at the next boot.
    await this.#leave().catch((error) => this.#log.warn({ err: error }, 'a worker left something behind'));
    return end;
  }

  #receive(received: unknown): void {
    // What a worker says after we gave it up counts for nothing.
    if (this.#killedFor !== null) return;
    const parsed = FromWorker.safeParse(received);
    if (!parsed.success) return this.#breach('a message of no known form');
    const message = parsed.data;
    if (message.type === 'ready') {
      if (this.#decoder !== null) return this.#breach('ready twice');
      this.#decoder = message.decoder;
      this.#heartbeat.reset();
      return this.#becomeReady(true);
    }
    this.#heartbeat.reset();
    if ('rssBytes' in message) this.#rssBytes = message.rssBytes;
    if (message.type === 'heartbeat') return;
    const run = this.#run;
    if (!run || message.runId !== run.message.runId) return this.#breach('a run that it does not have');
    if (message.type === 'started') {
      run.isStarted = true;
      return;
    }
    if (message.type === 'step') return stepOf(run, message.step);
    this.#settleRun({ kind: 'result', result: message });
  }

  #settleRun(verdict: RunVerdict): void {
    this.#run?.deadline.stop();
    this.#run?.settle(verdict);
    this.#run = null;
  }

  #closed(): void {
    if (!this.#end) this.#disconnected.reset();
  }

  #livesOn(): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#breach('a closed channel');
  }

  #breach(what: string): void {
    this.#log.error({ ...(this.#run && idsOf(this.#run.message)), what }, 'worker broke the protocol');
    this.kill('protocol');
  }
}
