import { total } from '../../load/statistics.ts';
import { BREACHES, type Breach } from './breach.ts';
import type { Matrix } from './matrix.ts';

const LABEL_WIDTH = 34;
const CELL_WIDTH = 8;
const SHOWN_BREACHES = 50;

export function matrixLines(matrix: Matrix): string[] {
  const { accepted, ends, breaches, noWorker, down } = matrix;
  const both = (label: string, good: number | undefined, fault: number | undefined) =>
    row(label, good ?? 0, fault ?? 0, (good ?? 0) + (fault ?? 0));
  return [
    row('uploads', 'good', 'fault', 'all'),
    both('accepted', accepted.good, accepted.fault),
    both('  succeeded', ends.good.succeeded, ends.fault.succeeded),
    both('  failed', ends.good.failed, ends.fault.failed),
    both('  quarantined', ends.good.quarantined, ends.fault.quarantined),
    both('  cancelled by DELETE', ends.good.cancelled, ends.fault.cancelled),
    row('deleted', '', '', matrix.deleted),
    row('shared the run of another', '', '', matrix.shared),
    row('answer cut, told by its key', '', '', matrix.toldByKey),
    row('answer cut, and kept', '', '', matrix.keptUnknown),
    row('failed after 20 interruptions', '', '', matrix.givenUp),
    '',
    row('broken promises'),
    ...BREACHES.map((kind) => row(`  ${kind}`, '', '', breaches[kind] ?? 0)),
    '',
    ...counted('refused', matrix.refused),
    ...counted('upload without an answer', matrix.transportErrors),
    '',
    ...counted('worker kills', matrix.workerKills),
    ...counted('runs', matrix.runs),
    ...counted('service kills', matrix.serviceKills),
    '',
    row('seconds', '', 'longest', 'all'),
    row('no worker, while it listened', '', seconds(noWorker.longestMs), seconds(noWorker.totalMs)),
    row('no service, from kill to listening', '', seconds(down.longestMs), seconds(down.totalMs)),
  ];
}

export function breachLines(breaches: readonly Breach[], keptIn: string | null): string[] {
  const shown = breaches.slice(0, SHOWN_BREACHES);
  const more = breaches.length - shown.length;
  return [
    ...shown.map(({ kind, subject, how }) => `${kind}: ${subject}: ${how}`),
    ...(more > 0 ? [`and ${more} more`] : []),
    ...(keptIn ? [`data and log are kept in ${keptIn}`] : []),
  ];
}

function counted(label: string, counts: Record<string, number>): string[] {
  const entries = Object.entries(counts).sort(([one], [other]) => one.localeCompare(other));
  return [
    row(label, '', '', total(counts)),
    ...entries.map(([name, count]) => row(`  ${name}`, '', '', count)),
  ];
}

const row = (label: string, ...cells: (string | number)[]): string =>
  (label.padEnd(LABEL_WIDTH) + cells.map((cell) => String(cell).padStart(CELL_WIDTH)).join('')).trimEnd();

const seconds = (ms: number): string => (ms / 1000).toFixed(2);
