import { PerceptualHash } from '../../../shared/domain/description.ts';
import { type Plane, shrink } from './luma.ts';

/** The picture is squeezed into a square: its aspect does not count, as crops change it. */
const SIDE = 32;

/** Bits of the hash, one for each frequency. */
const BITS = 64;

/**
 * In levels of luma: what a lossy copy of a flat picture is made of. Below it a frequency is as good as not there,
 * else the hash of a picture that shows nothing would be that of its noise.
 */
const FAINT = 0.05;

/**
 * The frequencies that a hash is made of, the lowest first: those that survive when a picture is made smaller. The
 * mean is left out, as a copy may be brighter.
 */
const FREQUENCIES: readonly { across: number; down: number }[] = Array.from(
  { length: SIDE * SIDE - 1 },
  (_, index) => ({ across: (index + 1) % SIDE, down: Math.floor((index + 1) / SIDE) }),
)
  .sort((a, b) => order(a) - order(b))
  .slice(0, BITS);

/** By diagonals, as JPEG orders them; within one from the left. */
function order({ across, down }: { across: number; down: number }): number {
  return (across + down) * SIDE + across;
}

const HIGHEST = Math.max(...FREQUENCIES.map(({ across, down }) => Math.max(across, down)));

/** Cosines of the DCT-II (Ahmed, Natarajan, Rao, 1974), by frequency and place. */
const COSINES = Array.from({ length: HIGHEST + 1 }, (_, frequency) =>
  Float64Array.from({ length: SIDE }, (_, place) => Math.cos((Math.PI * frequency * (place + 0.5)) / SIDE)),
);

/**
 * 64 bits that copies of a picture have in common, however they were compressed, resized or brightened: whether each of
 * its low frequencies is above their median. A picture that shows nothing has none set.
 */
export function perceptualHash(luma: Plane): PerceptualHash {
  const strengths = lowFrequencies(shrink(luma, { width: SIDE, height: SIDE })).map((strength) =>
    Math.abs(strength) < FAINT ? 0 : strength,
  );
  const median = [...strengths].sort((a, b) => a - b)[BITS / 2] ?? 0;
  const bits = strengths.map((strength) => (strength > median ? '1' : '0')).join('');
  return PerceptualHash.parse(
    BigInt(`0b${bits}`)
      .toString(16)
      .padStart(BITS / 4, '0'),
  );
}

/** How strong each frequency is, in levels of luma. */
function lowFrequencies(square: Float64Array): number[] {
  const across = COSINES.map((cosines) =>
    Float64Array.from({ length: SIDE }, (_, row) => {
      let sum = 0;
      for (let x = 0; x < SIDE; x++) sum += (square[row * SIDE + x] ?? 0) * (cosines[x] ?? 0);
      return sum;
    }),
  );
  return FREQUENCIES.map((frequency) => {
    const column = across[frequency.across];
    const cosines = COSINES[frequency.down];
    let sum = 0;
    for (let y = 0; y < SIDE; y++) sum += (column?.[y] ?? 0) * (cosines?.[y] ?? 0);
    return (2 * sum) / (SIDE * SIDE);
  });
}
