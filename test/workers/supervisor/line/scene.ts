import { afterEach, beforeEach, expect, vi } from 'vitest';
import type { NoRoom, Reservation } from '../../../../shared/queue/hand-off.ts';
import { Line } from '../../../../workers/supervisor/line.ts';
import type { LineLimits } from '../../../../workers/supervisor/line-limits.ts';
import { NEED, newWork } from '../../../helpers/new-work.ts';

export const HAND_OFF_TIMEOUT_MS = 100;

const LIMITS: LineLimits = {
  workers: 1,
  queueDepth: 0,
  batchDepth: 100,
  handOffTimeoutMs: HAND_OFF_TIMEOUT_MS,
  isShared: false,
  memoryBudgetBytes: 1_000,
};

/** A line with workers that do as the test says. */
export class Scene {
  readonly line: Line;
  readonly started: string[] = [];
  idle: number;
  fresh = 0;
  alive = true;

  constructor(limits: Partial<LineLimits> = {}, idle = limits.workers ?? 1) {
    this.idle = idle;
    this.line = new Line(
      { ...LIMITS, ...limits },
      {
        vacant: () => {},
        idleWorkers: () => this.idle,
        hasWorkers: () => this.alive,
        start: (work) => {
          expect(this.idle, 'a job is started only on an idle worker').toBeGreaterThan(0);
          this.idle--;
          this.started.push(work.requestId);
        },
        startFresh: (work) => {
          if (this.fresh === 0) return false;
          this.fresh--;
          this.idle--;
          this.started.push(work.requestId);
          return true;
        },
      },
    );
  }

  backlog(...names: string[]): void {
    for (const name of names) this.line.addBacklog(newWork(name));
  }

  batch(...names: string[]): void {
    for (const name of names) this.line.addBacklog(newWork(name, false, true));
  }

  async upload(name: string): Promise<void> {
    submit(await this.line.reserve(NEED), name);
  }

  /** A worker comes free. */
  finish(ms = HAND_OFF_TIMEOUT_MS): void {
    this.idle++;
    this.line.ran(newWork('ran'), ms);
  }

  workerReady(): void {
    this.idle++;
    this.line.advance();
  }
}

export function granted(answer: Reservation | NoRoom): Reservation {
  if (typeof answer === 'string') throw new Error(`no room: ${answer}`);
  return answer;
}

export const submit = (answer: Reservation | NoRoom, name: string) => granted(answer).submit(newWork(name));

/** What a promise has come to by now: `waiting` while it has not. */
export async function now<T>(promise: Promise<T>): Promise<T | 'waiting'> {
  const waiting = new Promise<'waiting'>((resolve) => setTimeout(resolve, 0, 'waiting'));
  const answer = Promise.race([promise, waiting]);
  await vi.advanceTimersByTimeAsync(0);
  return answer;
}

/** Each test moves the clock, and leaves no timer behind. */
export function underFakeTimers(): void {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    expect(vi.getTimerCount(), 'no timer is left behind').toBe(0);
    vi.useRealTimers();
  });
}
