import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { jobPathIn, refusalLabel } from './answers.ts';
import { keptConnections, type PatientAgent, type Target } from './connections.ts';
import { type Answer, exchange } from './exchange.ts';
import { type Picture, preparePicture } from './pictures.ts';
import { mayBeRetried, waitBeforeRetry } from './retry-after.ts';
import { Scoreboard } from './scoreboard.ts';
import { countOne, emptyTally, type Tally } from './statistics.ts';

/** What a thread is told; it crosses to the thread as a structured clone. */
export interface SenderTask {
  target: Target;
  files: string[];
  requests: number;
  threads: number;
  /** Of this thread. */
  concurrency: number;
  timeoutMs: number;
  retry: boolean;
  retryLimitMs: number;
  memory: SharedArrayBuffer;
}

const LOOP_RESOLUTION_MS = 10;
/** How soon a waiting client notices that sending was stopped. */
const STOP_POLL_MS = 100;

/** Runs in a thread: so many clients, each sending one upload after the other until none is left. */
export default async function send(task: SenderTask): Promise<Tally> {
  const board = new Scoreboard(task.requests, task.memory);
  const pictures = await Promise.all(task.files.map(preparePicture));
  const agent = keptConnections(task.concurrency);
  // All threads begin together, or the first one would measure a server with half the load.
  board.markReady();
  while (board.threadsReady < task.threads) await sleep(1);

  const tally = emptyTally(Date.now());
  const measureLoop = watchLoop();
  const client = async (): Promise<void> => {
    for (let number = board.take(); number !== undefined; number = board.take()) {
      const picture = pictures[number % pictures.length];
      if (picture) board.finish(await upload(picture, task, agent, board, tally));
    }
  };
  await Promise.all(Array.from({ length: task.concurrency }, client));
  agent.destroy();
  return { ...tally, ...measureLoop(), endedAt: Date.now() };
}

/** Offers one picture until it is accepted, refused for good, or lost on the way. True when accepted. */
async function upload(
  picture: Picture,
  task: SenderTask,
  agent: PatientAgent,
  board: Scoreboard,
  tally: Tally,
): Promise<boolean> {
  const giveUpAt = performance.now() + task.retryLimitMs;
  const body = picture.newBody();
  while (true) {
    const result = await exchange({
      ...task,
      agent,
      headers: picture.headers,
      body,
      method: 'POST',
      path: '/upload',
    });
    if (result.wasStale) tally.staleConnections += 1;
    if (result.kind === 'transport-error') {
      countOne(tally.errors, result.code);
      return false;
    }
    if (result.connectMs !== undefined) tally.connectMs.push(result.connectMs);
    if (result.status === 200) return keepAccepted(result, tally);

    const refusal = refusalLabel(result.status, result.body);
    tally.refusedMs.push(result.latencyMs);
    const waitMs = waitBeforeRetry(result.retryAfter, Date.now(), Math.random());
    const inTime = performance.now() + waitMs < giveUpAt;
    if (!task.retry || !mayBeRetried(result.status) || !inTime || !(await pause(waitMs, board))) {
      countOne(tally.refused, refusal);
      return false;
    }
    countOne(tally.retried, refusal);
  }
}

function keepAccepted(answer: Answer, tally: Tally): boolean {
  const job = jobPathIn(answer.body);
  if (job === undefined) {
    countOne(tally.errors, 'MALFORMED_200');
    return false;
  }
  tally.jobs.push(job);
  tally.acceptedMs.push(answer.latencyMs);
  return true;
}

/** False as soon as sending was stopped: a minute's Retry-After must not outlast a Ctrl-C. */
async function pause(waitMs: number, board: Scoreboard): Promise<boolean> {
  const until = performance.now() + waitMs;
  for (let left = waitMs; left > 0; left = until - performance.now()) {
    if (board.isStopped) return false;
    await sleep(Math.min(left, STOP_POLL_MS));
  }
  return !board.isStopped;
}

/** Latency as measured here has the thread's own lateness in it, so that is reported beside it. */
function watchLoop(): () => Pick<Tally, 'loopDelayP99Ms' | 'loopDelayMaxMs' | 'loopBusy'> {
  const delay = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  const before = performance.eventLoopUtilization();
  delay.enable();
  // Node counts the sampling interval itself as delay: 10 ms on an idle loop.
  const toMs = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - LOOP_RESOLUTION_MS);
  return () => {
    delay.disable();
    return {
      loopDelayP99Ms: toMs(delay.percentile(99)),
      loopDelayMaxMs: toMs(delay.max),
      loopBusy: performance.eventLoopUtilization(before).utilization,
    };
  };
}
