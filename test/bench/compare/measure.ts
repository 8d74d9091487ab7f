import { median } from '../median.ts';
import { cpuMs, forgetPeaks, peakMiB, watchRss } from './processes.ts';
import type { Scenario } from './scenario.ts';
import type { Picture, Side } from './side.ts';

/** What one side did in one round. */
export interface Measured {
  picturesPerSecond: number;
  /** Of the processes of the side, a picture. */
  cpuSeconds: number;
  /** Of the process that sends and measures, a picture. */
  generatorCpuSeconds: number;
  /** The most that its processes had at one moment, together. What they share is counted for each. */
  rssMiB: number;
  /** From sending a picture until all its variants are there, with nothing else to do: the mean of a few. */
  aloneMs: number;
}

export interface SideFigures extends Measured {
  name: string;
  /** Of its processes in all rounds of the scenario, each at its own highest. */
  peakMiB: number;
  /** Its throughput and its CPU against those of the limit, round by round. */
  ofLimit: { throughput: number; cpu: number };
}

export interface Figures {
  scenario: Scenario;
  sides: SideFigures[];
}

export interface Effort {
  rounds: number;
  /** Pictures that are worked on at once: as many as there are cores. */
  atOnce: number;
  /** What a round works on: for each side the same files, and no bytes that came before. */
  pictures(): Promise<Picture[]>;
}

/** Pictures of a round that are sent one after the other. */
const ALONE = 3;

/**
 * All sides in turn, round by round, on the same pictures; the medians of the rounds.
 * @param limit the side that the others are compared with
 */
export async function measure(
  scenario: Scenario,
  sides: readonly Side[],
  limit: Side,
  { rounds, atOnce, pictures }: Effort,
): Promise<Figures> {
  const all = new Map<Side, Measured[]>(sides.map((side) => [side, []]));
  for (const side of sides) {
    await side.make((await pictures()).slice(0, 2 * atOnce), scenario, atOnce);
    await forgetPeaks(await side.pids());
  }
  for (let round = 0; round < rounds; round++) {
    // There and back, so that a machine that grows slower is so for all.
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
      all.get(side)?.push({
        ...(await measureFull(side, scenario, await pictures(), atOnce)),
        aloneMs: await measureAlone(side, scenario, (await pictures()).slice(0, ALONE)),
      });
    }
  }
  const limits = all.get(limit) ?? [];
  const figures = [...all].map(async ([side, results]) => ({
    name: side.name,
    peakMiB: await peakMiB(await side.pids()),
    ...inTheMiddle(results, limits),
  }));
  return { scenario, sides: await Promise.all(figures) };
}

/** The medians of the rounds of a side, and of its ratios to the limit in the same rounds. */
export function inTheMiddle(
  results: readonly Measured[],
  limits: readonly Measured[],
): Measured & Pick<SideFigures, 'ofLimit'> {
  const of = (key: keyof Measured) => median(results.map((it) => it[key]));
  const ratio = (key: keyof Measured) =>
    median(results.map((it, round) => it[key] / (limits[round]?.[key] ?? Number.NaN)));
  return {
    picturesPerSecond: of('picturesPerSecond'),
    cpuSeconds: of('cpuSeconds'),
    generatorCpuSeconds: of('generatorCpuSeconds'),
    rssMiB: of('rssMiB'),
    aloneMs: of('aloneMs'),
    ofLimit: { throughput: ratio('picturesPerSecond'), cpu: ratio('cpuSeconds') },
  };
}

async function measureFull(
  side: Side,
  scenario: Scenario,
  pictures: readonly Picture[],
  atOnce: number,
): Promise<Omit<Measured, 'aloneMs'>> {
  const before = await cpuMs(await side.pids());
  const own = process.cpuUsage();
  const rss = watchRss(side.pids);
  const begin = performance.now();
  await side.make(pictures, scenario, atOnce + side.waiting);
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(own);
  // One that has been replaced meanwhile counts with its parent, and the new one with all that it has used.
  const cpu = (await cpuMs(await side.pids())) - before;
  return {
    picturesPerSecond: pictures.length / seconds,
    cpuSeconds: cpu / 1000 / pictures.length,
    generatorCpuSeconds: (user + system) / 1e6 / pictures.length,
    rssMiB: await rss.most(),
  };
}

async function measureAlone(side: Side, scenario: Scenario, pictures: readonly Picture[]): Promise<number> {
  const begin = performance.now();
  await side.make(pictures, scenario, 1);
  return (performance.now() - begin) / pictures.length;
}
