import { commonTags, iccFile } from './icc-file.ts';
import { type Lab, labTable } from './icc-table.ts';

/**
 * L*, a*, b* of the paper and of each overprint, near to ISO 12647-2 on coated paper. libvips's own CMYK
 * profile would do, but weighs 960 kB: a third of all that testdata may.
 */
const PAPER: Lab = [95, 0, -2];
const YELLOW: Lab = [89, -5, 93];
const MAGENTA: Lab = [48, 74, -3];
const RED: Lab = [47, 68, 48];
const CYAN: Lab = [55, -37, -50];
const GREEN: Lab = [50, -65, 27];
const BLUE: Lab = [24, 22, -46];
const THREE_COLOUR_BLACK: Lab = [23, 0, 0];
const BLACK: Lab = [16, 0, 0];

/** The corners of the CMYK cube: black varies fastest, then yellow, magenta and cyan, as `mft2` wants it. */
export const CUBE: readonly Lab[] = [
  PAPER,
  YELLOW,
  MAGENTA,
  RED,
  CYAN,
  GREEN,
  BLUE,
  THREE_COLOUR_BLACK,
].flatMap((colour) => [colour, BLACK]);

/** The smallest ICC v2 profile of a CMYK printer that a reader can use: 16 colours and the way between them. */
export function cmykProfile(): Buffer {
  const about = { version: 2, deviceClass: 'prtr', colourSpace: 'CMYK', connectionSpace: 'Lab ' } as const;
  return iccFile(about, [...commonTags(2, 'Darkroom test CMYK'), ['A2B0', labTable(4, 2, CUBE)]]);
}
