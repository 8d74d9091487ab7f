import type { AcceptLatency } from './accept-latency.ts';
import type { Figures } from './measure.ts';

/** A table of Markdown for each scenario. */
export function tables(all: readonly Figures[]): string {
  return all.map(tableOf).join('\n\n');
}

function tableOf({ scenario, sides }: Figures): string {
  const rows = sides.map(({ name, picturesPerSecond, cpuSeconds, generatorCpuSeconds, peakMiB, ofLimit }) => [
    name,
    picturesPerSecond.toFixed(1),
    ofLimit.throughput.toFixed(2),
    cpuSeconds.toFixed(3),
    ofLimit.cpu.toFixed(2),
    (generatorCpuSeconds * 1000).toFixed(0),
    peakMiB.toFixed(0),
  ]);
  return [
    `| ${scenario.title} | pictures/s | of the limit | CPU s a picture | of the limit | generator's CPU ms | peak RSS MiB |`,
    '|---|---:|---:|---:|---:|---:|---:|',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n');
}

export function latencyLine({ serviceMs, bareMs, readyMs }: AcceptLatency): string {
  const more = serviceMs - bareMs;
  return (
    `At idle, a 200 kB JPEG: ${serviceMs.toFixed(1)} ms from POST to 200, ${more.toFixed(1)} ms more than a bare handler ` +
    `that writes the body to a file and fsyncs it (${bareMs.toFixed(1)} ms); ` +
    `${readyMs.toFixed(0)} ms from POST to six variants.`
  );
}

/** Puts text between the markers of a document. @throws when they are not there */
export function between(document: string, marker: string, text: string): string {
  const [begin, end] = [`<!-- ${marker}: begin -->`, `<!-- ${marker}: end -->`];
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the document has no place for "${marker}"`);
  return `${document.slice(0, from + begin.length)}\n${text}\n${document.slice(to)}`;
}
