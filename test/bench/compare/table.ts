import { markdownTable } from '../markdown.ts';
import type { AcceptLatency } from './accept-latency.ts';
import type { Figures } from './measure.ts';

/** A table of Markdown for each scenario. */
export function tables(all: readonly Figures[]): string {
  return all.map(tableOf).join('\n\n');
}

const HEADS = [
  'pictures/s',
  'of the limit',
  'CPU s a picture',
  'of the limit',
  'ms for one alone',
  'RSS MiB: at once, each at its most',
  "generator's CPU ms",
];

function tableOf({ scenario, sides }: Figures): string {
  const rows = sides.map((side) => [
    side.name,
    side.picturesPerSecond.toFixed(1),
    side.ofLimit.throughput.toFixed(2),
    side.cpuSeconds.toFixed(3),
    side.ofLimit.cpu.toFixed(2),
    side.aloneMs.toFixed(0),
    `${side.rssMiB.toFixed(0)}, ${side.peakMiB.toFixed(0)}`,
    (side.generatorCpuSeconds * 1000).toFixed(0),
  ]);
  return markdownTable([scenario.title, ...HEADS], rows);
}

export function latencyLine({ serviceMs, bareMs, readyMs }: AcceptLatency): string {
  const more = serviceMs - bareMs;
  return (
    `At idle, a 200 kB JPEG: ${serviceMs.toFixed(1)} ms from POST to 200, ${more.toFixed(1)} ms more than a bare handler ` +
    `that writes the body to a file and brings it and its folder to the disk (${bareMs.toFixed(1)} ms); ` +
    `${readyMs.toFixed(0)} ms from POST to six variants. Medians.`
  );
}
