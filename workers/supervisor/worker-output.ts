import type { ChildProcess } from 'node:child_process';
import { z } from 'zod';
import type { RunMessage } from '../../shared/protocol.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { onLines, parseJson } from './lines.ts';

/** A line of a worker is cut here: it may hold anything, and as much of it as it likes. */
const LONGEST_LINE = 4096;

/** More than this a run are dropped; the worker itself prints two. */
const MOST_LINES = 100;

/** What V8, Node, JavaScriptCore and the C++ library say before they end for want of memory. */
const OUT_OF_MEMORY = /out of memory|failed to allocate memory|allocation failed|std::bad_alloc/i;

const LogLine = z.object({
  level: z.enum(['info', 'warn', 'error']),
  msg: z.string(),
  runId: z.string().optional(),
  outcome: z.string().optional(),
  ms: z.number().optional(),
});

export type RunIds = Pick<RunMessage, 'requestId' | 'imageId' | 'jobId' | 'runId'>;

/**
 * Writes what a worker prints to the service's log, line by line, with the ids that the supervisor knows: a line may
 * say that it is of the run before the latest, since it may come after that run's result, and can claim nothing else.
 * What is no log line, such as a last word of the runtime, is a warning.
 */
export class WorkerOutput {
  readonly #log: Logger;
  #latest: RunIds | null = null;
  #previous: RunIds | null = null;
  #lines = 0;
  #ranOutOfMemory = false;

  constructor(child: ChildProcess, log: Logger) {
    this.#log = log;
    for (const stream of [child.stdout, child.stderr]) {
      const relay = (line: string) => this.#relay(line);
      if (stream) onLines(stream, LONGEST_LINE, relay, relay);
    }
  }

  /** It has said so, and not as a log line of ours. */
  get ranOutOfMemory(): boolean {
    return this.#ranOutOfMemory;
  }

  /** The worker is handed this run. */
  begin(run: RunIds): void {
    this.end();
    this.#previous = this.#latest;
    this.#latest = run;
  }

  /** Tells what was dropped of the latest run. Not at its result: more may be on the way. */
  end(): void {
    const dropped = this.#lines - MOST_LINES;
    if (dropped > 0) this.#log.warn({ ...this.#latest, dropped }, 'worker printed too much');
    this.#lines = 0;
  }

  #relay(line: string): void {
    const parsed = LogLine.safeParse(parseJson(line));
    if (!parsed.success && OUT_OF_MEMORY.test(line)) this.#ranOutOfMemory = true;
    if (++this.#lines > MOST_LINES) return;
    if (!parsed.success) return this.#log.warn({ ...this.#latest, line }, 'worker printed');
    const { level, msg, runId, ...rest } = parsed.data;
    const isLate = runId !== undefined && runId === this.#previous?.runId;
    this.#log[level]({ ...(isLate ? this.#previous : this.#latest), ...rest }, msg);
  }
}
