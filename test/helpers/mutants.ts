import fc from 'fast-check';
import { type Mutator, mutateBytes } from '../fuzz/pictures/bytes.ts';
import { mutateGif } from '../fuzz/pictures/gif.ts';
import { mutateIsobmff } from '../fuzz/pictures/isobmff.ts';
import { mutateJpeg } from '../fuzz/pictures/jpeg.ts';
import { mutatePng } from '../fuzz/pictures/png.ts';
import { mutateTiff } from '../fuzz/pictures/tiff.ts';
import { mutateWebp } from '../fuzz/pictures/webp.ts';
import { Random } from '../fuzz/random.ts';

const MUTATORS: Record<string, Mutator> = {
  jpeg: mutateJpeg,
  png: mutatePng,
  webp: mutateWebp,
  gif: mutateGif,
  tiff: mutateTiff,
  heif: mutateIsobmff,
  avif: mutateIsobmff,
  heic: mutateIsobmff,
};

const MOST_CHANGES = 4;

/** Files of a format that were changed by its structure or as bytes: markers, lengths, boxes, directories. */
export function mutantsOf(format: string, file: Uint8Array): fc.Arbitrary<Buffer> {
  const byStructure = MUTATORS[format] ?? mutateBytes;
  const change = fc.record({
    seed: fc.integer(),
    mutate: fc.constantFrom(byStructure, byStructure, mutateBytes),
  });
  return fc
    .array(change, { minLength: 1, maxLength: MOST_CHANGES })
    .map((changes) =>
      changes.reduce<Buffer>(
        (made, { seed, mutate }) => changed(made, mutate, new Random(seed, format)),
        Buffer.from(file),
      ),
    );
}

function changed(file: Buffer, mutate: Mutator, random: Random): Buffer {
  try {
    return mutate(file, random);
  } catch (error) {
    // An earlier change has left no room for this one.
    if (error instanceof RangeError) return file;
    throw error;
  }
}
