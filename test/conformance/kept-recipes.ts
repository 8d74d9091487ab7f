import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_PRESET, Preset, type Recipe, recipeFor } from '../../shared/domain/preset.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import { newUpload, sha256Of } from '../helpers/job-records.ts';
import type { OpenedJobStore } from './opened-job-store.ts';

const RECIPE: Recipe = {
  preset: Preset.parse({
    name: 'avatar',
    sizes: [
      {
        name: 'small',
        width: 80,
        height: 80,
        fit: 'cover',
        position: 'focus',
        watermark: true,
        sharpen: true,
      },
    ],
    outputs: [{ format: 'avif', quality: 50, effort: 3 }],
    background: '#102030',
    animated: true,
    keepCopyright: true,
    watermark: { sha256: sha256Of('a logo'), opacity: 0.25 },
  }),
  focus: { x: 0.125, y: 1 },
};

/** What every {@link JobStore} does with the recipes that jobs are accepted with. */
export function describeKeptRecipes(name: string, open: () => Promise<OpenedJobStore>): void {
  describe(`${name}: recipes and watermarks`, () => {
    let opened: OpenedJobStore;
    let store: JobStore;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened.dispose());

    test('a recipe is kept as it was, with the first upload that has it', async () => {
      const recipeDigest = sha256Of('a recipe');
      expect(await store.findRecipe(recipeDigest)).toBeNull();
      await store.acceptUpload({ ...newUpload(), recipe: RECIPE, recipeDigest });
      expect(await store.findRecipe(recipeDigest)).toEqual(RECIPE);
      const another = recipeFor(DEFAULT_PRESET, null);
      await store.acceptUpload({ ...newUpload(), recipe: another, recipeDigest });
      expect(await store.findRecipe(recipeDigest)).toEqual(RECIPE);
    });

    test('of an upload that is refused no recipe is kept', async () => {
      const recipeDigest = sha256Of('another recipe');
      const upload = { ...newUpload({ needsTwin: true }), recipe: RECIPE, recipeDigest };
      expect(await store.acceptUpload(upload)).toBe('no_twin');
      expect(await store.findRecipe(recipeDigest)).toBeNull();
    });

    test('many uploads at once with a new recipe are all accepted', async () => {
      const recipeDigest = sha256Of('a recipe of many');
      const uploads = Array.from({ length: 20 }, () => ({ ...newUpload(), recipe: RECIPE, recipeDigest }));
      for (const answer of await Promise.all(uploads.map((upload) => store.acceptUpload(upload))))
        expect(answer).toMatchObject({ state: 'queued' });
      expect(await store.findRecipe(recipeDigest)).toEqual(RECIPE);
    });

    test('work names the recipe of its job', async () => {
      const recipeDigest = sha256Of('a third recipe');
      const upload = { ...newUpload(), recipe: RECIPE, recipeDigest };
      await store.acceptUpload(upload);
      const work = (await store.queuedWork()).find(({ jobId }) => jobId === upload.jobId);
      expect(work).toMatchObject({ recipeDigest });
    });

    test('a watermark is kept to the byte, once, and nobody else finds it', async () => {
      const png = Uint8Array.from({ length: 100_001 }, (_, index) => (index * 7) % 256);
      const sha256 = sha256Of(png);
      expect(await store.findWatermark(sha256)).toBeNull();
      await store.keepWatermark({ sha256, png });
      await store.keepWatermark({ sha256, png: new Uint8Array(1) });
      expect(Buffer.from((await store.findWatermark(sha256)) ?? [])).toEqual(Buffer.from(png));
      expect(await store.findWatermark(sha256Of('another'))).toBeNull();
    });

    test('both are there after a restart', async () => {
      const own = await open();
      try {
        const recipeDigest = sha256Of('a recipe');
        const png = Buffer.from('a logo');
        await own.store.acceptUpload({ ...newUpload(), recipe: RECIPE, recipeDigest });
        await own.store.keepWatermark({ sha256: sha256Of(png), png });
        const next = await own.reopen();
        expect(await next.findRecipe(recipeDigest)).toEqual(RECIPE);
        expect(Buffer.from((await next.findWatermark(sha256Of(png))) ?? [])).toEqual(png);
      } finally {
        await own.dispose();
      }
    });
  });
}
