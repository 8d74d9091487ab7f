import { sniff } from '../../../server/intake/inspect/sniff.ts';
import type { Random } from '../random.ts';
import type { BasePicture } from './base-pictures.ts';
import { type Mutator, mutateBytes } from './bytes.ts';
import { mutateGif } from './gif.ts';
import { mutateIsobmff } from './isobmff.ts';
import { mutateJpeg } from './jpeg.ts';
import { mutatePng } from './png.ts';
import { mutateTiff } from './tiff.ts';
import { mutateWebp } from './webp.ts';

/** By the container that a file is in. */
export const MUTATORS = {
  jpeg: mutateJpeg,
  png: mutatePng,
  webp: mutateWebp,
  gif: mutateGif,
  tiff: mutateTiff,
  heif: mutateIsobmff,
} satisfies Record<string, Mutator>;

/** What is mutated by its structure; else as the bytes that it is. */
const BY_STRUCTURE = 0.8;
/** Sent as it is, so that what must succeed is among what is sent. */
const UNCHANGED = 0.02;
/** Goes on with the end of another picture. */
const CROSSED = 0.02;
/** HEIC is decoded in JavaScript and WebAssembly, and takes some thirty times as long as the others. */
const HEIC_KEPT = 0.15;

/** A picture that was made of a real one. */
export interface Mutant {
  base: string;
  bytes: Buffer;
}

/** @param bases not empty */
export function mutantOf(bases: readonly BasePicture[], random: Random): Mutant {
  let base = random.pick(bases);
  for (let tries = 4; tries > 0 && base.name.endsWith('.heic') && !random.chance(HEIC_KEPT); tries--)
    base = random.pick(bases);
  const { name } = base;
  if (random.chance(UNCHANGED)) return { base: name, bytes: base.bytes };
  const crossed = random.chance(CROSSED) ? cross(base.bytes, random.pick(bases).bytes, random) : base.bytes;
  let bytes = crossed;
  // Mostly one: what has many faults is refused for the first, and shows nothing of the others.
  for (let changes = random.pick([1, 1, 1, 2, 2, 3, 5]); changes > 0; changes--)
    bytes = mutate(bytes, random);
  return { base: name, bytes };
}

function mutate(file: Buffer, random: Random): Buffer {
  if (file.length === 0 || !random.chance(BY_STRUCTURE)) return mutateBytes(file, random);
  const found = sniff(file);
  if (found.kind === 'unsupported') return mutateBytes(file, random);
  try {
    return MUTATORS[found.format](file, random);
  } catch (error) {
    // An earlier change has left no room for this one.
    if (error instanceof RangeError) return mutateBytes(file, random);
    throw error;
  }
}

function cross(one: Buffer, other: Buffer, random: Random): Buffer {
  return Buffer.concat([
    one.subarray(0, random.below(one.length)),
    other.subarray(random.below(other.length)),
  ]);
}
