import { total } from '../load/statistics.ts';
import type { Outcome } from './fuzz.ts';

const LABEL_WIDTH = 44;
const CELL_WIDTH = 10;
const SHOWN_FINDINGS = 50;
const MIB = 2 ** 20;

export function outcomeLines(outcome: Outcome): string[] {
  const { pictures, requests, jobs, runs, rssBytes, seconds } = outcome;
  const accepted = pictures['200'] ?? 0;
  const mib = (bytes: number) => `${Math.round(bytes / MIB)}`;
  return [
    ...counted('mutated pictures, by answer', pictures),
    row('  that came to a worker, %', percent(accepted, total(pictures))),
    row('  a second', (total(pictures) / seconds).toFixed(1)),
    ...counted('mutated requests, by answer', requests),
    ...counted('jobs, by end', jobs),
    ...counted('runs, by end', runs),
    row('workers that died', `${outcome.deaths}`),
    row('bytes in quarantine', `${outcome.quarantined}`),
    rssBytes
      ? row(
          'MiB of the server: warm, at the most, at the end',
          mib(rssBytes.warm),
          mib(rssBytes.most),
          mib(rssBytes.end),
        )
      : row('MiB of the server: not looked at for so short a time'),
    row('broken promises', `${outcome.broken}`),
  ];
}

export function findingLines({ findings, keptIn }: Outcome): string[] {
  const shown = findings.slice(0, SHOWN_FINDINGS);
  const more = findings.length - shown.length;
  return [
    ...shown.map(
      ({ subject, how, isBroken }) => `${isBroken ? 'BROKEN' : 'look at'}: ${subject}: ${how.slice(0, 500)}`,
    ),
    ...(more > 0 ? [`and ${more} more`] : []),
    ...(keptIn ? [`data and findings are kept in ${keptIn}`] : []),
  ];
}

function counted(label: string, counts: Readonly<Record<string, number>>): string[] {
  const entries = Object.entries(counts).sort(([one], [other]) => one.localeCompare(other));
  return [row(label, `${total(counts)}`), ...entries.map(([name, count]) => row(`  ${name}`, `${count}`))];
}

const percent = (part: number, whole: number): string => ((100 * part) / Math.max(1, whole)).toFixed(1);

const row = (label: string, ...cells: string[]): string =>
  (label.padEnd(LABEL_WIDTH) + cells.map((cell) => cell.padStart(CELL_WIDTH)).join('')).trimEnd();
