import type { Sharp } from 'sharp';
import { median } from '../median.ts';
import { type Alike, alike, type Rung } from './alike.ts';
import { LADDERS, type Ladder, MEASURE_OF_ALL, PNG_LEVELS } from './ladders.ts';
import { type Likeness, likenessOf } from './likeness.ts';
import { pictureOf, type Reference } from './reference.ts';

interface Tried extends Likeness {
  quality: number;
  bytes: number;
  cpuMs: number;
}

/** A ladder beside what all are to look like: medians over the pictures. */
export interface LadderFigures {
  ladder: Ladder;
  /** At equal SSIM, and at equal butteraugli; NaN where that is not installed. */
  bySsim: Relative;
  byButteraugli: Relative;
}

/** At the quality that looks the same: bytes as a share of the default JPEG's. */
export interface Relative {
  quality: number;
  bytes: number;
  cpuMs: number;
}

export interface PngFigures {
  level: number;
  /** As a share of those of the level that takes most. */
  bytes: number;
  cpuMs: number;
}

/** @param told after each ladder of each picture: it takes minutes */
export async function measureLadders(
  references: readonly Reference[],
  longestSide: number,
  folder: string | null,
  told: () => void,
): Promise<LadderFigures[]> {
  const ladders = LADDERS.filter(({ largest }) => largest >= longestSide);
  const relatives = new Map(
    ladders.map((ladder) => [ladder, { ssim: [] as Relative[], butteraugli: [] as Relative[] }]),
  );
  for (const reference of references) {
    const tried = new Map<Ladder, Tried[]>();
    for (const ladder of ladders) {
      tried.set(ladder, await tryAll(ladder, reference, folder));
      told();
    }
    const standard = standardOf(tried);
    for (const [ladder, all] of tried) {
      for (const by of ['ssim', 'butteraugli'] as const) {
        relatives.get(ladder)?.[by].push(relative(all, standard, by));
      }
    }
  }
  return [...relatives].map(([ladder, { ssim, butteraugli }]) => ({
    ladder,
    bySsim: mediansOf(ssim),
    byButteraugli: mediansOf(butteraugli),
  }));
}

export async function measurePng(references: readonly Reference[]): Promise<PngFigures[]> {
  const all = new Map(PNG_LEVELS.map((level) => [level, [] as Omit<PngFigures, 'level'>[]]));
  for (const reference of references) {
    const tried = new Map<number, Encoded>();
    for (const compressionLevel of PNG_LEVELS) {
      tried.set(compressionLevel, await timed(pictureOf(reference).png({ compressionLevel })));
    }
    const most = tried.get(PNG_LEVELS[0])?.file.length ?? Number.NaN;
    for (const [level, figures] of all) {
      const { file, cpuMs } = tried.get(level) ?? { file: Buffer.alloc(0), cpuMs: Number.NaN };
      figures.push({ bytes: file.length / most, cpuMs });
    }
  }
  return [...all].map(([level, figures]) => ({
    level,
    bytes: median(figures.map(({ bytes }) => bytes)),
    cpuMs: median(figures.map(({ cpuMs }) => cpuMs)),
  }));
}

interface Encoded {
  file: Buffer;
  cpuMs: number;
}

/** CPU and not the clock: others may use the machine meanwhile. */
async function timed(picture: Sharp): Promise<Encoded> {
  const before = process.cpuUsage();
  const file = await picture.toBuffer();
  const { user, system } = process.cpuUsage(before);
  return { file, cpuMs: (user + system) / 1000 };
}

async function tryAll(ladder: Ladder, reference: Reference, folder: string | null): Promise<Tried[]> {
  const tried: Tried[] = [];
  for (const quality of ladder.qualities) {
    const { file, cpuMs } = await timed(ladder.encode(pictureOf(reference), quality));
    tried.push({ quality, bytes: file.length, cpuMs, ...(await likenessOf(file, reference, folder)) });
  }
  return tried;
}

function standardOf(tried: ReadonlyMap<Ladder, Tried[]>): Tried {
  for (const [{ format, how }, all] of tried) {
    if (format !== MEASURE_OF_ALL.format || how !== MEASURE_OF_ALL.how) continue;
    const standard = all.find(({ quality }) => quality === MEASURE_OF_ALL.quality);
    if (standard) return standard;
  }
  throw new Error('what all are to look like is not among the ladders');
}

function relative(tried: readonly Tried[], standard: Tried, by: keyof Likeness): Relative {
  const rungs = tried.map(({ quality, bytes, cpuMs, ...likeness }): Rung => {
    return { quality, bytes, cpuMs, likeness: likeness[by] };
  });
  const { quality, bytes, cpuMs }: Alike = alike(rungs, standard[by]);
  return { quality, bytes: bytes / standard.bytes, cpuMs };
}

const mediansOf = (all: readonly Relative[]): Relative => ({
  quality: median(all.map(({ quality }) => quality)),
  bytes: median(all.map(({ bytes }) => bytes)),
  cpuMs: median(all.map(({ cpuMs }) => cpuMs)),
});
