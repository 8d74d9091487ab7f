import { describe, expect, test } from 'vitest';
import type { Sha256 } from '../../../shared/domain/ids.ts';
import {
  DEFAULT_PRESET,
  Preset,
  type Recipe,
  recipeDigest,
  recipeFor,
} from '../../../shared/domain/preset.ts';
import { KeptRecipes } from '../../../workers/supervisor/kept-recipes.ts';
import { sha256Of } from '../../helpers/job-records.ts';

const LOGO = Buffer.from('a logo');
const presetOf = (width: number, watermark: object | null = null) =>
  Preset.parse({
    name: 'listing',
    sizes: [{ name: 'large', width, height: 100, fit: 'inside', watermark: watermark !== null }],
    outputs: [{ format: 'jpeg' }],
    watermark,
  });
const THEN = recipeFor(presetOf(100), null);
const NOW = presetOf(200);

/** A store that has kept these, and counts what it is asked for. */
function recipesWith(kept: Record<string, Recipe>, watermarks: Record<string, Uint8Array> = {}) {
  const asked: Sha256[] = [];
  const find =
    <T>(of: Record<string, T>) =>
    async (key: Sha256) => {
      asked.push(key);
      return of[key] ?? null;
    };
  const store = { findRecipe: find(kept), findWatermark: find(watermarks) };
  return { asked, recipes: new KeptRecipes(store, new Map([['listing', NOW]])) };
}

const digest = sha256Of('as it was kept');

describe('a job runs', () => {
  test('with the recipe that it was accepted with, whatever its preset is now, under the digest of then', async () => {
    const { recipes } = recipesWith({ [digest]: THEN });
    expect(await recipes.of({ preset: 'listing', recipeDigest: digest })).toEqual({
      recipe: THEN,
      digest,
      watermark: null,
    });
  });

  test.each([
    ['whose recipe was not kept', digest],
    ['of a time before there were digests', null],
  ])('%s, with the preset of its name as it is now', async (_, recipe) => {
    const { recipes } = recipesWith({});
    const made = recipeFor(NOW, null);
    expect(await recipes.of({ preset: 'listing', recipeDigest: recipe })).toEqual({
      recipe: made,
      digest: recipeDigest(made),
      watermark: null,
    });
  });

  test('with the default one where there is none of its name any more', async () => {
    const { recipes } = recipesWith({});
    const { recipe } = await recipes.of({ preset: 'gone', recipeDigest: null });
    expect(recipe.preset).toEqual(DEFAULT_PRESET);
  });
});

describe('a watermark', () => {
  const sha256 = sha256Of(LOGO);
  const marked = recipeFor(presetOf(100, { sha256 }), null);

  test('is the one that was kept', async () => {
    const { recipes } = recipesWith({ [digest]: marked }, { [sha256]: LOGO });
    expect(await recipes.of({ preset: 'listing', recipeDigest: digest })).toMatchObject({ watermark: LOGO });
  });

  test('that is missing fails the run, and is not left out', async () => {
    const { recipes } = recipesWith({ [digest]: marked });
    await expect(recipes.of({ preset: 'listing', recipeDigest: digest })).rejects.toThrow('was not kept');
  });
});

describe('the store', () => {
  test('is asked once for what many jobs have', async () => {
    const { recipes, asked } = recipesWith({ [digest]: THEN });
    for (let run = 0; run < 3; run++) await recipes.of({ preset: 'listing', recipeDigest: digest });
    expect(asked).toEqual([digest]);
  });

  test('is asked again for what has not been needed for long, and so memory has a bound', async () => {
    const digests = Array.from({ length: 201 }, (_, index) => sha256Of(`recipe ${index}`));
    const { recipes, asked } = recipesWith(Object.fromEntries(digests.map((key) => [key, THEN])));
    const of = (index: number) => recipes.of({ preset: 'listing', recipeDigest: digests[index] ?? null });
    for (let index = 0; index < 200; index++) await of(index);
    await of(0);
    await of(200);
    expect(asked).toHaveLength(201);
    await of(0);
    expect(asked, 'used lately').toHaveLength(201);
    await of(1);
    expect(asked, 'let go').toHaveLength(202);
  });
});
