import { expect } from 'vitest';
import { mapTriple, type Triple } from '../../testdata/matrix.ts';
import type { Colour } from '../../testdata/paint.ts';
import { patchColours } from '../fixtures/pictures/patches.ts';
import { colourDifference } from './colour-difference.ts';
import { oneSize, variantsOf } from './variants-of.ts';

/** As exact as an output can be that every picture has. */
const EXACT = oneSize(1000, 1000, [{ format: 'jpeg', quality: 100 }]);

export const levels = (colour: Triple): Colour => mapTriple(colour, (value) => value * 255);

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

/** An eye needs about 1; JPEG's own steps and 8 bits take a half of it. */
const MEAN_DIFFERENCE = 0.6;
/** Of one square: steep curves make one level of 8 bits a large step in the dark. */
const LARGEST_DIFFERENCE = 1.5;

/** What a worker makes of so many squares. */
export async function shownColours(file: Uint8Array, count: number): Promise<Colour[]> {
  return patchColours(await (await variantsOf(file, EXACT)).pixels('jpeg'), count);
}

export async function expectShown(file: Uint8Array, expected: readonly Colour[]): Promise<void> {
  const found = await shownColours(file, expected.length);
  const differences = expected.map((colour, index) => colourDifference(colour, found[index] ?? [0, 0, 0]));
  const about = JSON.stringify(differences.map((difference, i) => [difference, found[i], expected[i]]));
  expect(Math.max(...differences), about).toBeLessThan(LARGEST_DIFFERENCE);
  expect(sum(differences) / differences.length, about).toBeLessThan(MEAN_DIFFERENCE);
}
