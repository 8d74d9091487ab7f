import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { exif } from '../../../fixtures/metadata/exif.ts';
import { DESCRIPTION, sha256Of } from '../../../helpers/job-records.ts';
import { tinyPicture } from '../../../helpers/tiny-picture.ts';
import {
  afterEachPart,
  FOUND,
  finishedRun,
  PRESET,
  picture,
  SIZE,
  withExif,
  withSize,
} from './finished-run.ts';

describe('publishing the outputs of a run', () => {
  test('copies each, and describes it by what was copied', async () => {
    const { storage, run, outputs, publishThese } = await finishedRun();
    const manifest = await publishThese();
    expect(manifest).toEqual({
      pipelineVersion: 3,
      variants: outputs.map((output) => ({
        ...output,
        sha256: sha256Of(picture(output.name, output.format)),
      })),
      description: DESCRIPTION,
      privacy: { found: FOUND, removed: FOUND },
    });
    const bytes = await storage.readVariant(run, 'thumb.webp');
    expect(bytes && (await buffer(bytes))).toEqual(picture('thumb', 'webp'));
  });

  test('though a worker goes on writing, what is published is what was judged', async () => {
    const { storage, run, outputs, victim, publishThese } = await finishedRun();
    const other = tinyPicture('webp', SIZE, 'other as webp');
    const changing = afterEachPart(storage, () => writeFile(victim, other.subarray(0, 40)));
    const { variants } = await publishThese(outputs, changing);
    const bytes = await storage.readVariant(run, 'thumb.webp');
    expect(bytes && sha256Of(await buffer(bytes))).toBe(sha256Of(picture('thumb', 'webp')));
    expect(variants.at(-1)).toMatchObject({ name: 'thumb', sha256: sha256Of(picture('thumb', 'webp')) });
  });

  test('leaves alone what was not reported', async () => {
    const { storage, folder, run, publishThese } = await finishedRun();
    await writeFile(join(folder, 'page.html'), '<script>');
    await publishThese();
    expect(await storage.readVariant(run, 'page.html')).toBeNull();
  });

  test('says what was removed: all that was found, but for a copyright that the preset keeps and a file has', async () => {
    const keeping = await finishedRun({ ...PRESET, keepCopyright: true });
    expect((await keeping.publishThese()).privacy).toEqual({ found: FOUND, removed: FOUND });

    const { folder, outputs, publishThese } = await finishedRun({ ...PRESET, keepCopyright: true });
    const bytes = withExif(picture('thumb', 'jpeg'), exif({ 33432: '(c) Ada' }));
    await writeFile(join(folder, 'thumb.jpg'), bytes);
    const reported = withSize(outputs, 'thumb.jpg', bytes.length);
    expect((await publishThese(reported)).privacy).toEqual({ found: FOUND, removed: ['position', 'artist'] });
  });
});
