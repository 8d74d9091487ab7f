import { z } from 'zod';
import { Sha256 } from '../../domain/ids.ts';
import { Recipe } from '../../domain/preset.ts';
import { jsonColumn } from './json-column.ts';

export const RecipeRow = z.object({
  digest: Sha256,
  definition: jsonColumn(Recipe),
  /** That of its preset alone: the same for recipes that differ in their focus. */
  preset_digest: Sha256,
});

export const WatermarkRow = z.object({
  sha256: Sha256,
  /** In base64, as each database has its own type of bytes. */
  png: z.base64(),
});
