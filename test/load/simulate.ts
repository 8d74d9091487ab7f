import { fileURLToPath } from 'node:url';
import { Tinypool } from 'tinypool';
import { runCommand } from '../helpers/command-line.ts';
import { readArguments, type Settings, USAGE } from './arguments.ts';
import { findTarget, type Target } from './connections.ts';
import { followJobs, type JobsEnded, missing } from './follow.ts';
import { listPictures } from './pictures.ts';
import { showProgress } from './progress.ts';
import { jobLines, uploadLines } from './report.ts';
import { Scoreboard } from './scoreboard.ts';
import type { SenderTask } from './sender.ts';
import { summarize, type Tally } from './statistics.ts';

const EXIT_MISSING = 1;
/** As a shell says of a program that SIGINT ended. */
const EXIT_INTERRUPTED = 130;

async function simulate(settings: Settings): Promise<number> {
  const files = await listPictures(settings.images);
  const target = await findTarget(settings.url);
  const board = new Scoreboard(settings.requests);
  const following = new AbortController();
  // The first Ctrl-C ends the phase we are in; the second finds no listener and ends the process.
  let interrupt = (): void => {
    board.stop();
    process.stderr.write('\nStopping: what was sent is still awaited. Again to leave at once.\n');
  };
  process.once('SIGINT', () => interrupt());

  const tallies = await sendAll(settings, target, files, board);
  const summary = summarize(tallies);
  if (!settings.json) print(uploadLines({ ...settings, threads: tallies.length }, summary));

  interrupt = () => following.abort();
  const jobs = await followAll(
    settings,
    target,
    tallies.flatMap((tally) => tally.jobs),
    following.signal,
  );
  print(
    settings.json ? [JSON.stringify({ ...summary, jobs, missing: missing(jobs) })] : ['', ...jobLines(jobs)],
  );
  if (missing(jobs) > 0) return EXIT_MISSING;
  return jobs.notFollowed > 0 ? EXIT_INTERRUPTED : 0;
}

async function sendAll(
  settings: Settings,
  target: Target,
  files: string[],
  board: Scoreboard,
): Promise<Tally[]> {
  const threads = Math.min(settings.threads, settings.concurrency);
  const pool = new Tinypool({
    filename: fileURLToPath(new URL('./sender.ts', import.meta.url)),
    runtime: 'worker_threads',
    minThreads: threads,
    maxThreads: threads,
  });
  const endProgress = showProgress(settings.requests, 'uploads', () => ({
    done: board.done,
    note: `${board.accepted} accepted`,
  }));
  const share = (thread: number): number =>
    Math.floor(settings.concurrency / threads) + (thread < settings.concurrency % threads ? 1 : 0);
  const taskOf = (thread: number): SenderTask => ({
    target,
    files,
    threads,
    requests: settings.requests,
    concurrency: share(thread),
    timeoutMs: settings.timeoutMs,
    retry: settings.retry,
    retryLimitMs: settings.retryLimitMs,
    memory: board.memory,
  });
  try {
    return await Promise.all(Array.from({ length: threads }, (_, thread) => pool.run(taskOf(thread))));
  } finally {
    endProgress();
    await pool.destroy();
  }
}

async function followAll(
  { timeoutMs }: Settings,
  target: Target,
  jobs: string[],
  signal: AbortSignal,
): Promise<JobsEnded> {
  let done = 0;
  const endProgress = showProgress(jobs.length, 'jobs   ', () => ({ done, note: 'ended' }));
  try {
    return await followJobs({ target, jobs, timeoutMs, signal, onEnded: () => (done += 1) });
  } finally {
    endProgress();
  }
}

const print = (lines: readonly string[]): void => {
  process.stdout.write(`${lines.join('\n')}\n`);
};

await runCommand(USAGE, () => simulate(readArguments(process.argv.slice(2))));
