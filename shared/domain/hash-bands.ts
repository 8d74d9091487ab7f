import { z } from 'zod';
import { PerceptualHash } from './description.ts';

/**
 * Multi-index hashing (Norouzi, Punjani, Fleet, 2012): a hash in four bands of 16 bits, each of which has an index. Hashes
 * that are at most 4n + 3 bits apart have one band that differs in n bits at the most, so those bands alone are looked up.
 */
const Band = z
  .int()
  .min(0)
  .max(2 ** 16 - 1);
export const Bands = z.tuple([Band, Band, Band, Band]);
export type Bands = z.infer<typeof Bands>;

export const BANDS = [0, 1, 2, 3] as const;

/** The farthest that is looked for: two bits in one band. With three it would be 560 values of each band more. */
export const MOST_BITS_APART = 11;

const BAND_BITS = 16;
const BAND_DIGITS = BAND_BITS / 4;

export const bandsOf = (hash: PerceptualHash): Bands =>
  Bands.parse(
    BANDS.map((band) => Number.parseInt(hash.slice(band * BAND_DIGITS, (band + 1) * BAND_DIGITS), 16)),
  );

export const hashOfBands = (bands: Bands): PerceptualHash =>
  PerceptualHash.parse(bands.map((band) => band.toString(16).padStart(BAND_DIGITS, '0')).join(''));

/** In how many bits the hashes differ. */
export function bandsApart(a: Bands, b: Bands): number {
  return (
    bitCount(((a[0] ^ b[0]) << BAND_BITS) | (a[1] ^ b[1])) +
    bitCount(((a[2] ^ b[2]) << BAND_BITS) | (a[3] ^ b[3]))
  );
}

/** Adds up neighbouring bits, then pairs, then fours, of 32 at once. */
function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x5555_5555);
  const fours = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

/** The values of a band that differ from this one in exactly so many bits: 1, 16 or 120 of them. */
export function bandsAround(band: number, flips: 0 | 1 | 2): number[] {
  let found = [{ value: band, below: BAND_BITS }];
  for (let flip = 0; flip < flips; flip++) {
    found = found.flatMap(({ value, below }) =>
      Array.from({ length: below }, (_, bit) => ({ value: value ^ (1 << bit), below: bit })),
    );
  }
  return found.map(({ value }) => value);
}
