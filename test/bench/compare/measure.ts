import { cpuMs, peakMiB } from './processes.ts';
import type { Scenario } from './scenario.ts';
import type { Picture, Side } from './side.ts';

/** What one side did in one round. */
export interface Measured {
  picturesPerSecond: number;
  /** Of the processes of the side, a picture. */
  cpuSeconds: number;
  /** Of the process that sends and measures, a picture. */
  generatorCpuSeconds: number;
}

export interface SideFigures extends Measured {
  name: string;
  /** Of all its processes, over all rounds, each at its own highest. */
  peakMiB: number;
  /** Its throughput and its CPU against those of the limit, round by round. */
  ofLimit: { throughput: number; cpu: number };
}

export interface Figures {
  scenario: Scenario;
  sides: SideFigures[];
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return sorted.length % 2 === 1 ? at(Math.floor(middle)) : (at(middle - 1) + at(middle)) / 2;
};

/**
 * All sides in turn, round by round, on the same pictures; the medians of the rounds.
 * @param limit the side that the others are compared with
 * @param picturesOf what a round works on: for each side the same files, and no bytes that came before
 */
export async function measure(
  scenario: Scenario,
  sides: readonly Side[],
  limit: Side,
  rounds: number,
  atOnce: number,
  picturesOf: () => Promise<Picture[]>,
): Promise<Figures> {
  const all = new Map<Side, Measured[]>(sides.map((side) => [side, []]));
  for (const side of sides) await side.make((await picturesOf()).slice(0, 2 * atOnce), scenario, atOnce);
  for (let round = 0; round < rounds; round++) {
    for (const [side, results] of all) {
      results.push(await measureOnce(side, scenario, await picturesOf(), atOnce));
    }
  }
  const limits = all.get(limit) ?? [];
  const figures = [...all].map(async ([side, results]): Promise<SideFigures> => {
    const of = (key: keyof Measured) => median(results.map((it) => it[key]));
    const ratio = (key: keyof Measured) =>
      median(results.map((it, round) => it[key] / (limits[round]?.[key] ?? Number.NaN)));
    return {
      name: side.name,
      picturesPerSecond: of('picturesPerSecond'),
      cpuSeconds: of('cpuSeconds'),
      generatorCpuSeconds: of('generatorCpuSeconds'),
      peakMiB: await peakMiB(await side.pids()),
      ofLimit: { throughput: ratio('picturesPerSecond'), cpu: ratio('cpuSeconds') },
    };
  });
  return { scenario, sides: await Promise.all(figures) };
}

async function measureOnce(
  side: Side,
  scenario: Scenario,
  pictures: readonly Picture[],
  atOnce: number,
): Promise<Measured> {
  const pids = await side.pids();
  const before = await cpuMs(pids);
  const own = process.cpuUsage();
  const begin = performance.now();
  await side.make(pictures, scenario, atOnce);
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(own);
  return {
    picturesPerSecond: pictures.length / seconds,
    cpuSeconds: ((await cpuMs(pids)) - before) / 1000 / pictures.length,
    generatorCpuSeconds: (user + system) / 1e6 / pictures.length,
  };
}
