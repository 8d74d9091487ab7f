import { commonTags, fixed16, iccFile, u16, u32, xyz } from './icc-file.ts';
import { labTable } from './icc-table.ts';
import type { Triple } from './matrix.ts';
import { type Curve, labOf, type RgbSpace, toConnection, xyzOf } from './rgb-space.ts';

const MONITOR = { deviceClass: 'mntr', colourSpace: 'RGB ' } as const;

/** A profile of three primaries and a curve. Version 2 has the curve as a table, version 4 as points of a parametric one. */
export function matrixProfile(space: RgbSpace, version: 2 | 4): Buffer {
  const [x, y, z] = toConnection(space);
  const curve = sampled(space.curve);
  return iccFile({ ...MONITOR, version, connectionSpace: 'XYZ ' }, [
    ...commonTags(version, 'Darkroom test RGB'),
    ['rXYZ', xyz([x[0], y[0], z[0]])],
    ['gXYZ', xyz([x[1], y[1], z[1]])],
    ['bXYZ', xyz([x[2], y[2], z[2]])],
    ['rTRC', curve],
    ['gTRC', curve],
    ['bTRC', curve],
  ]);
}

/** Enough that the way between two points is straight to a fraction of an 8-bit level. */
const TABLE_POINTS = 1024;

/** `curveType`: ICC.1:2022, 10.6. */
function sampled({ decode }: Curve): Buffer {
  const points = Array.from({ length: TABLE_POINTS }, (_, index) =>
    u16(Math.round(decode(index / (TABLE_POINTS - 1)) * 0xffff)),
  );
  return Buffer.concat([Buffer.from('curv\0\0\0\0'), u32(TABLE_POINTS), ...points]);
}

/** `parametricCurveType` 0, a plain power: ICC.1:2022, 10.18. */
const power = (exponent: number): Buffer =>
  Buffer.concat([Buffer.from('para\0\0\0\0\0\0\0\0'), fixed16(exponent)]);

const GRID_POINTS = 17;

/** A profile that has the same colours in a table of Lab, as scanners and printers have them. */
export function tableProfile(space: RgbSpace): Buffer {
  const grid: Triple[] = [];
  const at = (index: number) => index / (GRID_POINTS - 1);
  for (let red = 0; red < GRID_POINTS; red++) {
    for (let green = 0; green < GRID_POINTS; green++) {
      for (let blue = 0; blue < GRID_POINTS; blue++) {
        grid.push(labOf(xyzOf(space, [at(red), at(green), at(blue)])));
      }
    }
  }
  return iccFile({ ...MONITOR, version: 2, connectionSpace: 'Lab ' }, [
    ...commonTags(2, 'Darkroom test RGB table'),
    ['A2B0', labTable(3, GRID_POINTS, grid)],
  ]);
}

/** A profile of greys. */
export function greyProfile(exponent: number, version: 2 | 4): Buffer {
  const about = { deviceClass: 'mntr', colourSpace: 'GRAY', connectionSpace: 'XYZ ', version } as const;
  const curve = version === 4 ? power(exponent) : sampled({ decode: (it) => it ** exponent, encode: Number });
  return iccFile(about, [...commonTags(version, 'Darkroom test grey'), ['kTRC', curve]]);
}
