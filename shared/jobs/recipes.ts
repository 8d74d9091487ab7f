import type { Kysely } from 'kysely';
import type { Sha256 } from '../domain/ids.ts';
import { presetDigest, type Recipe } from '../domain/preset.ts';
import type { KeptWatermark } from './records.ts';
import { RecipeRow, WatermarkRow } from './schema/recipe-tables.ts';
import type { Tables } from './schema/tables.ts';

/** Nearly all uploads have the recipe of an earlier one: to look costs less than to keep it again. */
export async function hasRecipe(db: Kysely<Tables>, digest: Sha256): Promise<boolean> {
  const kept = await db
    .selectFrom('recipes')
    .select('digest')
    .where('digest', '=', digest)
    .executeTakeFirst();
  return kept !== undefined;
}

/** Does nothing where it is kept already. */
export async function keepRecipe(db: Kysely<Tables>, digest: Sha256, recipe: Recipe): Promise<void> {
  await db
    .insertInto('recipes')
    .values({ digest, definition: JSON.stringify(recipe), preset_digest: presetDigest(recipe.preset) })
    .onConflict((conflict) => conflict.column('digest').doNothing())
    .execute();
}

export async function findRecipe(db: Kysely<Tables>, digest: Sha256): Promise<Recipe | null> {
  const row = await db.selectFrom('recipes').selectAll().where('digest', '=', digest).executeTakeFirst();
  return row ? RecipeRow.parse(row).definition : null;
}

export async function keepWatermark(db: Kysely<Tables>, { sha256, png }: KeptWatermark): Promise<void> {
  await db
    .insertInto('watermarks')
    .values({ sha256, png: Buffer.from(png).toString('base64') })
    .onConflict((conflict) => conflict.column('sha256').doNothing())
    .execute();
}

export async function findWatermark(db: Kysely<Tables>, sha256: Sha256): Promise<Uint8Array | null> {
  const row = await db.selectFrom('watermarks').selectAll().where('sha256', '=', sha256).executeTakeFirst();
  // Of its own: as a part of a larger buffer it would cross to the main thread with all of that.
  return row ? new Uint8Array(Buffer.from(WatermarkRow.parse(row).png, 'base64')) : null;
}
