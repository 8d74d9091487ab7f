import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { bytesOf, type ImageAnswer, imageOf } from './image-answer.ts';
import { sha256Of } from './job-records.ts';
import type { RunningService } from './service.ts';
import { storesOf } from './stores.ts';
import type { Accepted } from './upload.ts';

/**
 * What must hold while images are made anew, at any moment when none of them changes: each shows one set, whole, and
 * there are no other files. @returns what each shows
 */
export async function expectShown(
  service: RunningService,
  uploads: readonly Accepted[],
): Promise<ImageAnswer[]> {
  const images: ImageAnswer[] = [];
  for (const upload of uploads) {
    const image = await imageOf(service, upload);
    expect(image.status).toBe('succeeded');
    for (const variant of image.variants) {
      const bytes = await bytesOf(service, variant);
      expect([variant.url, sha256Of(bytes)]).toEqual([variant.url, variant.sha256]);
    }
    images.push(image);
  }
  const shown = images.flatMap(({ variants }) => variants).length;
  // What is retired is removed after its end is recorded.
  const stores = await storesOf(service);
  await vi.waitFor(async () => {
    if (service.found) await stores.sweep();
    expect(await stores.published(), 'files of variants').toHaveLength(shown);
    expect(await readdir(join(service.folder, 'spool')), 'spool').toEqual([]);
  }, 5_000);
  return images;
}
