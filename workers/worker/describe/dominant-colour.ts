import type { Raster } from '../raster.ts';

/**
 * Oklab (Ottosson, 2020): in it, colours that look equally different are equally far apart. The bins are so wide that a
 * sky or a wall is in few of them, and so narrow that a bin is one colour.
 */
const BIN = 0.08;

/** Bins along each axis; `a` and `b` of sRGB are within ±0.32. */
const LIGHTNESSES = 14;
const CHROMAS = 10;
const CHROMA_OFFSET = 5;

interface Bin {
  weight: number;
  red: number;
  green: number;
  blue: number;
}

/**
 * The colour that most of a still picture has, as `#rrggbb`: the mean of the fullest bin with its neighbours, so that a
 * colour that lies between bins is found as well. What is transparent does not count; where all is, it is grey.
 */
export function dominantColour({ channels, pixels }: Raster): string {
  const bins = new Map<number, Bin>();
  for (let at = 0; at < pixels.length; at += channels) {
    const weight = channels === 4 ? (pixels[at + 3] ?? 0) / 255 : 1;
    if (weight === 0) continue;
    const red = pixels[at] ?? 0;
    const green = pixels[at + 1] ?? 0;
    const blue = pixels[at + 2] ?? 0;
    const key = binOf(red, green, blue);
    const bin = bins.get(key) ?? { weight: 0, red: 0, green: 0, blue: 0 };
    bin.weight += weight;
    bin.red += red * weight;
    bin.green += green * weight;
    bin.blue += blue * weight;
    bins.set(key, bin);
  }
  let best: Bin = { weight: 2, red: 256, green: 256, blue: 256 };
  let most = 0;
  for (const key of bins.keys()) {
    const around = withNeighbours(bins, key);
    if (around.weight > most) {
      most = around.weight;
      best = around;
    }
  }
  return `#${[best.red, best.green, best.blue].map((sum) => hexOf(sum / best.weight)).join('')}`;
}

const hexOf = (level: number): string => Math.round(level).toString(16).padStart(2, '0');

/** The bin and the six that have a side in common with it. */
function withNeighbours(bins: ReadonlyMap<number, Bin>, key: number): Bin {
  const sum: Bin = { weight: 0, red: 0, green: 0, blue: 0 };
  for (const step of [0, 1, -1, CHROMAS, -CHROMAS, CHROMAS * CHROMAS, -CHROMAS * CHROMAS]) {
    const bin = bins.get(key + step);
    if (!bin) continue;
    sum.weight += bin.weight;
    sum.red += bin.red;
    sum.green += bin.green;
    sum.blue += bin.blue;
  }
  return sum;
}

/** The transfer function of sRGB (IEC 61966-2-1), by level. */
const LINEAR = Float64Array.from({ length: 256 }, (_, level) => {
  const value = level / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
});

function binOf(red: number, green: number, blue: number): number {
  const r = LINEAR[red] ?? 0;
  const g = LINEAR[green] ?? 0;
  const b = LINEAR[blue] ?? 0;
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  const lightness = 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s;
  const greenRed = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s;
  const blueYellow = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s;
  const along = (value: number, offset: number, bins: number) =>
    Math.min(bins - 1, Math.max(0, Math.floor(value / BIN) + offset));
  return (
    (along(lightness, 0, LIGHTNESSES) * CHROMAS + along(greenRed, CHROMA_OFFSET, CHROMAS)) * CHROMAS +
    along(blueYellow, CHROMA_OFFSET, CHROMAS)
  );
}
