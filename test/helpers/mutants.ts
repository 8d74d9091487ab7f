import fc from 'fast-check';
import { type Mutator, mutateBytes } from '../fuzz/pictures/bytes.ts';
import { MUTATORS } from '../fuzz/pictures/mutate.ts';
import { Random } from '../fuzz/random.ts';

const OF_FORMAT: Record<string, Mutator> = { ...MUTATORS, avif: MUTATORS.heif, heic: MUTATORS.heif };

const MOST_CHANGES = 4;

/** Files of a format that were changed by its structure or as bytes: markers, lengths, boxes, directories. */
export function mutantsOf(format: string, file: Uint8Array): fc.Arbitrary<Buffer> {
  const byStructure = OF_FORMAT[format] ?? mutateBytes;
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
