import type { LogLine } from '../../helpers/service.ts';

export interface Outage {
  totalMs: number;
  longestMs: number;
}

const ENDS = new Set(['worker died', 'worker retired', 'worker stopped']);

/**
 * When a service that listened had no worker that had become ready and lived, at work or not, by its own log: from
 * `listening`, or from the death of the last one, to the next `worker ready`.
 * @param lines of one life of the service
 * @param until when this life ended, or its drain began, in milliseconds since 1970
 */
export function withoutWorker(lines: readonly LogLine[], until: number): Outage {
  const outage: Outage = { totalMs: 0, longestMs: 0 };
  const ready = new Set<unknown>();
  let since: number | null = null;
  let listens = false;
  const over = (at: number) => {
    if (since === null) return;
    const ms = Math.max(0, at - since);
    outage.totalMs += ms;
    outage.longestMs = Math.max(outage.longestMs, ms);
    since = null;
  };
  for (const { msg, time, workerPid } of lines) {
    const at = Date.parse(String(time));
    if (at > until) break;
    if (msg === 'listening') listens = true;
    else if (msg === 'worker ready') ready.add(workerPid);
    else if (ENDS.has(msg)) ready.delete(workerPid);
    else continue;
    if (ready.size > 0) over(at);
    else if (listens) since ??= at;
  }
  over(until);
  return outage;
}

export const bothOf = (one: Outage, other: Outage): Outage => ({
  totalMs: one.totalMs + other.totalMs,
  longestMs: Math.max(one.longestMs, other.longestMs),
});
