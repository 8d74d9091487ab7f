/**
 * Repeatable randomness: the same coordinates and seed give the same number on every machine, since only
 * 32-bit integer arithmetic and plain IEEE 754 operations are used. The constants are primes of xxHash32
 * and those of MurmurHash3's finalizer.
 */
export function randomAt(x: number, y: number, seed: number): number {
  let hash = Math.imul(x, 0x9e3779b1) ^ Math.imul(y, 0x85ebca77) ^ Math.imul(seed, 0xc2b2ae3d);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** One octave: 0 to 1, smooth, with features about one unit apart. */
function valueNoise(x: number, y: number, seed: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const across = smooth(x - left);
  const down = smooth(y - top);
  const upper = between(randomAt(left, top, seed), randomAt(left + 1, top, seed), across);
  const lower = between(randomAt(left, top + 1, seed), randomAt(left + 1, top + 1, seed), across);
  return between(upper, lower, down);
}

/** Detail at every scale, as clouds, ridges and grass have it: octaves of half the amplitude and twice the pitch. */
export function fractalNoise(x: number, y: number, octaves: number, seed: number): number {
  let sum = 0;
  let amplitude = 0.5;
  let pitch = 1;
  for (let octave = 0; octave < octaves; octave++) {
    sum += amplitude * valueNoise(x * pitch, y * pitch, seed + octave);
    amplitude /= 2;
    pitch *= 2;
  }
  return sum;
}

/** -1 to 1, mostly near 0: two dice are close enough to the bell curve of a sensor's noise. */
export function grainAt(x: number, y: number, seed: number): number {
  return randomAt(x, y, seed) + randomAt(x, y, seed + 1) - 1;
}

export function between(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}

/** 0 below `from`, 1 above `to`, an S-curve between them. */
export function step(from: number, to: number, value: number): number {
  return smooth(Math.min(1, Math.max(0, (value - from) / (to - from))));
}

function smooth(share: number): number {
  return share * share * (3 - 2 * share);
}
