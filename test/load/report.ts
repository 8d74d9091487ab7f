import { type JobsEnded, missing } from './follow.ts';
import { type Percentiles, type Summary, total } from './statistics.ts';

export interface Load {
  requests: number;
  concurrency: number;
  threads: number;
}

/** Above this the generator's own lateness is a visible part of what it reports as latency. */
const NOTABLE_LOOP_DELAY_MS = 20;
const LABEL_WIDTH = 22;
const CELL_WIDTH = 10;

export function uploadLines(load: Load, summary: Summary): string[] {
  const { generator, latencyMs, refused, retried, errors } = summary;
  const ended = summary.accepted + total(refused) + total(errors);
  return [
    `${ended} of ${load.requests} uploads in ${summary.seconds.toFixed(1)} s, ` +
      `${load.concurrency} at once from ${load.threads} threads`,
    '',
    row('', ['uploads', 'per s']),
    row('accepted', [`${summary.accepted}`, perSecond(summary.acceptedPerSecond)]),
    ...counted('refused', refused),
    ...counted('transport error', errors),
    ...(load.requests > ended ? [row('not sent', [`${load.requests - ended}`])] : []),
    row('all answers', ['', perSecond(summary.answersPerSecond)]),
    ...(total(retried) > 0 ? counted('retries', retried) : []),
    ...(summary.staleConnections > 0 ? [row('resent, stale socket', [`${summary.staleConnections}`])] : []),
    '',
    row('latency in ms', ['p50', 'p95', 'p99', 'max']),
    row('accepted', times(latencyMs.accepted)),
    row('refused', times(latencyMs.refused)),
    row('connecting', times(latencyMs.connect)),
    '',
    `generator: event loop late by ${ms(generator.loopDelayP99Ms)} ms at p99, ${ms(generator.loopDelayMaxMs)} ms ` +
      `at most; ${Math.round(generator.loopBusy * 100)} % busy`,
    ...(generator.loopDelayP99Ms > NOTABLE_LOOP_DELAY_MS
      ? ['           so much of the latencies above may be the generator and not the server']
      : []),
  ];
}

export function jobLines(ended: JobsEnded): string[] {
  const lines = [
    row('jobs', ['']),
    row('succeeded', [`${ended.succeeded}`]),
    row('failed', [`${ended.failed}`]),
    row('quarantined', [`${ended.quarantined}`]),
    row('cancelled', [`${ended.cancelled}`]),
    row('missing', [`${missing(ended)}`]) + reasons(ended),
  ];
  return ended.notFollowed > 0 ? [...lines, row('not followed', [`${ended.notFollowed}`])] : lines;
}

const reasons = ({ notFound, neverEnded }: JobsEnded): string =>
  notFound + neverEnded > 0 ? `   (${notFound} unknown to the server, ${neverEnded} never ended)` : '';

function counted(label: string, counts: Record<string, number>): string[] {
  const entries = Object.entries(counts).sort(([one], [other]) => one.localeCompare(other));
  const sum = row(label, [`${total(counts)}`]);
  return [sum, ...entries.map(([name, count]) => row(`  ${name}`, [`${count}`]))];
}

const row = (label: string, cells: readonly string[]): string =>
  (label.padEnd(LABEL_WIDTH) + cells.map((cell) => cell.padStart(CELL_WIDTH)).join('')).trimEnd();

const perSecond = (rate: number): string => rate.toFixed(1);
const ms = (value: number): string => value.toFixed(value < 10 ? 1 : 0);
const times = (found: Percentiles | null): string[] =>
  found ? [found.p50, found.p95, found.p99, found.max].map(ms) : ['-', '-', '-', '-'];
