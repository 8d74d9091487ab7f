import fc from 'fast-check';
import { Random } from '../fuzz/random.ts';
import { mutateText, oddText } from '../fuzz/requests/texts.ts';

const oneUnit = fc.nat(0xffff).map((unit) => String.fromCharCode(unit));

/** Any text, half surrogates too, JSON, and what parsers are known to trip over. (fast-check's unit `binary` takes a second to set up.) */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: oneUnit }),
  fc.integer().map((seed) => oddText(new Random(seed, 'text'))),
  fc.json(),
);

/** The text with something in it that should not be. */
export const textLike = (text: string): fc.Arbitrary<string> =>
  fc.integer().map((seed) => mutateText(text, new Random(seed, 'text')));
