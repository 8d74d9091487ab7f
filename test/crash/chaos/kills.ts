import { signal } from '../../helpers/processes.ts';
import { countOne } from '../../load/statistics.ts';
import type { Lives } from './lives.ts';
import { between, oneOf, pause, type Span } from './random.ts';

const WORKER_LIVES_MS = { least: 500, most: 1_700 };

/** SIGKILL mostly: it is the one that lets nobody prepare. */
const HOW = ['SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGHUP'] as const;

/** Kills one worker after the other, at work, idle or still starting. */
export async function killWorkers(
  workers: () => Promise<number[]>,
  random: () => number,
  counts: Record<string, number>,
  over: AbortSignal,
): Promise<void> {
  while (!over.aborted) {
    await pause(between(random, WORKER_LIVES_MS), over);
    const victim = oneOf(random, await workers());
    if (victim === undefined || over.aborted) continue;
    signal(victim, 'SIGKILL');
    countOne(counts, 'SIGKILL from outside');
  }
}

/**
 * Ends a process of the service and starts it again, and again.
 * @param livesMs how long each life is
 * @param start the next life; resolves when it listens
 */
export async function killService(
  lives: Lives,
  livesMs: Span,
  start: () => Promise<void>,
  random: () => number,
  over: AbortSignal,
): Promise<void> {
  while (true) {
    const how = oneOf(random, HOW);
    const rest = pause(between(random, livesMs), over);
    const died = await Promise.race([rest.then(() => false), lives.service.exited.then(() => true)]);
    if (over.aborted) return;
    if (how === 'SIGHUP' && !died) {
      lives.hangUp();
      continue;
    }
    if (died) await lives.endedByItself();
    else await lives.end(how === 'SIGTERM' ? 'SIGTERM' : 'SIGKILL');
    await start();
  }
}
