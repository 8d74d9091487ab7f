import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { expectCleanEnd } from '../helpers/aftermath.ts';
import { imageOf } from '../helpers/image-answer.ts';
import { ownFolder } from '../helpers/own-folder.ts';
import { startReprocess } from '../helpers/reprocess-command.ts';
import { startService } from '../helpers/service.ts';
import { expectShown } from '../helpers/shown-images.ts';
import { Accepted, endOf, newPicture, postImage } from '../helpers/upload.ts';

/** Enough that a few are left at each kill: one is made at a time, as the other worker is kept free. */
const IMAGES = 6;
const KILLS = 2;

const listingOf = (width: number) => ({
  listing: {
    sizes: [
      { name: 'large', width, height: width, fit: 'inside' },
      { name: 'thumb', width: 50, height: 50, fit: 'cover' },
    ],
    outputs: [{ format: 'jpeg' }, { format: 'webp' }],
  },
});

test('after kills of the service in the middle of it, all images are made anew, and each shows one whole set at any time', {
  timeout: 120_000,
}, async () => {
  const presetsPath = join(await ownFolder(), 'presets.json');
  const setWidth = (width: number) => writeFile(presetsPath, JSON.stringify(listingOf(width)));
  const env = { PRESETS_FILE: presetsPath, QUEUE_DEPTH: String(IMAGES) };
  await setWidth(1000);
  await using first = await startService({ env });
  const uploads: Accepted[] = [];
  for (let image = 0; image < IMAGES; image++) {
    const picture = await newPicture(imagePath('testimage_medium.jpg'));
    const answer = await postImage(first, picture, { preset: 'listing' });
    uploads.push(Accepted.parse(await answer.json()));
  }
  for (const upload of uploads) expect(await endOf(first, upload)).toMatchObject({ status: 'succeeded' });
  first.process.kill('SIGTERM');
  await first.exited;

  await setWidth(900);
  const next = { env: { ...env, PORT: new URL(first.url).port }, folder: first.folder };
  let service = await startService(next);
  const command = startReprocess('--preset', 'listing', '--url', service.url);
  for (let kill = 0; kill < KILLS; kill++) {
    await service.logged(({ msg, status }) => msg === 'run settled' && status === 'succeeded');
    service.process.kill('SIGKILL');
    await service.exited;
    service = await startService(next);
    for (const upload of uploads) {
      const { status, variants } = await imageOf(service, upload);
      expect([status, variants.length]).toEqual(['succeeded', 4]);
    }
  }
  await using last = service;
  const { code, stdout, stderr } = await command.ended;
  const end = `listing: ${IMAGES} of ${IMAGES} are current, 0 failed\n`;
  expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: end });
  for (const { variants } of await expectShown(last, uploads))
    expect(variants.find(({ name }) => name === 'large')?.width).toBe(900);
  await expectCleanEnd(last);
});
