import { fixed16, u16 } from './icc-file.ts';

/** L*, a*, b* as of D50. */
export type Lab = readonly [number, number, number];

/**
 * `lut16Type` from a device to Lab, with straight curves: ICC.1:2001-04, 6.5.7.
 * @param grid the colours of the grid points; the last channel of the device varies fastest
 */
export function labTable(inputs: number, gridPoints: number, grid: readonly Lab[]): Buffer {
  const outputs = 3;
  const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1].map(fixed16);
  const straight = [0, 0xffff];
  const curves = (count: number) => Array.from({ length: count }, () => straight).flat();
  const head = Buffer.concat([Buffer.from('mft2\0\0\0\0'), Buffer.from([inputs, outputs, gridPoints, 0])]);
  const numbers = [2, 2, ...curves(inputs), ...grid.flatMap(encodeLab), ...curves(outputs)];
  return Buffer.concat([head, ...identity, ...numbers.map(u16)]);
}

/** The 16-bit Lab of version 2, in which 0xff00 is L* 100 and 0x8000 is neutral: ICC.1:2001-04, annex A. */
function encodeLab([lightness, a, b]: Lab): number[] {
  return [Math.round((lightness * 0xff00) / 100), Math.round((a + 128) * 256), Math.round((b + 128) * 256)];
}
