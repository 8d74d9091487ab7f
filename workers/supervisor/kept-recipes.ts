import type { Sha256 } from '../../shared/domain/ids.ts';
import { DEFAULT_PRESET, type Recipe, recipeDigest, recipeFor } from '../../shared/domain/preset.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { Work } from '../../shared/jobs/records.ts';
import type { PresetsByName } from '../../shared/presets/configured-presets.ts';

/** Recipes are of a few KiB: as many as there are presets, and one more for each focus of late. */
const MOST_RECIPES = 200;
/** Of at most 256 KiB each. */
const MOST_WATERMARKS = 16;

export interface RunRecipe {
  recipe: Recipe;
  digest: Sha256;
  /** The PNG that the recipe's preset lays over variants. */
  watermark: Uint8Array | null;
}

/** What a run makes: what its job was accepted with, whatever has become of the presets since. */
export class KeptRecipes {
  readonly #store: Pick<JobStore, 'findRecipe' | 'findWatermark'>;
  readonly #presets: PresetsByName;
  readonly #recipes = new Map<Sha256, Recipe>();
  readonly #watermarks = new Map<Sha256, Uint8Array>();

  /** @param presets those of now, for jobs of a time before recipes were kept */
  constructor(store: Pick<JobStore, 'findRecipe' | 'findWatermark'>, presets: PresetsByName) {
    this.#store = store;
    this.#presets = presets;
  }

  /** @throws {StoreError} */
  async of(work: Pick<Work, 'preset' | 'recipeDigest'>): Promise<RunRecipe> {
    const digest = work.recipeDigest;
    const kept = digest && (await lookUp(this.#recipes, MOST_RECIPES, digest, this.#store.findRecipe));
    const recipe = kept ?? recipeFor(this.#presets.get(work.preset) ?? DEFAULT_PRESET, null);
    return {
      recipe,
      // Another version may write the same recipe otherwise: what was kept has the name that it was kept under.
      digest: kept && digest ? digest : recipeDigest(recipe),
      watermark: await this.#watermarkOf(recipe),
    };
  }

  async #watermarkOf({ preset: { watermark } }: Recipe): Promise<Uint8Array | null> {
    if (!watermark) return null;
    const { sha256 } = watermark;
    const png = await lookUp(this.#watermarks, MOST_WATERMARKS, sha256, this.#store.findWatermark);
    if (!png) throw new Error(`the watermark ${sha256} was not kept`);
    return png;
  }
}

/** Holds what was asked for of late. */
async function lookUp<T>(
  held: Map<Sha256, T>,
  most: number,
  key: Sha256,
  find: (key: Sha256) => Promise<T | null>,
): Promise<T | null> {
  const found = held.get(key) ?? (await find(key));
  if (found === null) return null;
  // The first of a map is who was set before all others.
  held.delete(key);
  held.set(key, found);
  for (const oldest of held.keys()) {
    if (held.size <= most) break;
    held.delete(oldest);
  }
  return found;
}
