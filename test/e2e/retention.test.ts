import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { imagePath } from '../../testdata/expected.ts';
import { expectCleanEnd } from '../helpers/aftermath.ts';
import { eventually } from '../helpers/eventually.ts';
import { bytesOf, ImageAnswer, imageOf } from '../helpers/image-answer.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { startReprocess } from '../helpers/reprocess-command.ts';
import { dataFolder, type RunningService, startService } from '../helpers/service.ts';
import { storesOf } from '../helpers/stores.ts';
import { Accepted, endOf, newPicture, postImage, upload } from '../helpers/upload.ts';

const SMALL = imagePath('testimage_small.jpg');
const DAY_MS = 86_400_000;

const WithOriginal = ImageAnswer.extend({
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  original: z.object({ kept: z.boolean(), until: z.string().nullable() }),
});
const describedBy = async (service: RunningService, accepted: Accepted) =>
  WithOriginal.parse(await imageOf(service, accepted));

const hasOriginal = async (service: RunningService, { id }: Accepted) =>
  (await (await storesOf(service)).originals()).includes(id);

/** The record comes first, and then the file. */
const withoutOriginal = (service: RunningService, accepted: Accepted) =>
  eventually('its original to be removed', async () => !(await hasOriginal(service, accepted)));

describe('where originals are kept until the variants are there', () => {
  let service: RunningService;
  let folder: string;
  let presetsPath: string;
  const setWidth = (width: number) => {
    const listing = {
      sizes: [{ name: 'large', width, height: width, fit: 'inside' }],
      outputs: [{ format: 'jpeg' }],
    };
    return writeFile(presetsPath, JSON.stringify({ listing }));
  };
  beforeAll(async () => {
    folder = await dataFolder();
    presetsPath = join(folder, 'presets.json');
    await setWidth(300);
    service = await startService({
      folder,
      env: { KEEP_ORIGINALS: 'never', PRESETS_FILE: presetsPath, QUEUE_DEPTH: '4' },
    });
  });
  afterAll(async () => {
    await service[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test('they go with the end of the run; the variants stay, and are shared by what comes later', async () => {
    const picture = await newPicture(SMALL);
    const first = await upload(service, picture);
    expect(await endOf(service, first)).toMatchObject({ status: 'succeeded' });
    await withoutOriginal(service, first);
    const image = await describedBy(service, first);
    expect(image).toMatchObject({ status: 'succeeded', original: { kept: false, until: null } });
    for (const variant of image.variants)
      expect((await bytesOf(service, variant)).length).toBe(variant.bytes);

    const second = await upload(service, picture);
    expect(await endOf(service, second)).toMatchObject({ status: 'succeeded', sharesRun: true, runs: [] });
    expect((await service.fetch(first.links.self, { method: 'DELETE' })).status).toBe(204);
    const { variants } = await describedBy(service, second);
    for (const variant of variants) expect((await bytesOf(service, variant)).length).toBe(variant.bytes);
  });

  test('that of a failed picture stays for a day, so that somebody may have it tried again', async () => {
    const failed = await upload(service, imagePath('truncated.png'));
    const job = await endOf(service, failed);
    expect(job).toMatchObject({ status: 'failed', failure: 'image_unreadable' });
    const { original } = await describedBy(service, failed);
    expect(original).toEqual({ kept: true, until: expect.any(String) });
    const ended = Date.parse(String(job.updatedAt));
    expect(Date.parse(original.until ?? '')).toBe(ended + DAY_MS);
    const retried = await service.fetch(`${failed.links.job}/retry`, { method: 'POST' });
    expect(retried.status).toBe(202);
    expect(await endOf(service, failed)).toMatchObject({ status: 'failed', failure: 'image_unreadable' });
    expect(await hasOriginal(service, failed)).toBe(true);
  });

  test('what was accepted with an earlier preset stays as it is, and is told of', async () => {
    const answer = await postImage(service, await newPicture(SMALL), { preset: 'listing' });
    const accepted = Accepted.parse(await answer.json());
    await endOf(service, accepted);
    await withoutOriginal(service, accepted);
    service.process.kill('SIGTERM');
    await service.exited;
    await setWidth(200);
    await using next = await startService({
      folder,
      env: { KEEP_ORIGINALS: 'never', PRESETS_FILE: presetsPath },
    });
    const command = await startReprocess('--preset', 'listing', '--url', next.url).ended;
    expect(command).toMatchObject({ code: 0 });
    expect(command.stdout).toBe(
      'listing: 0 of 1 are current, 0 failed\n1 stay as they are: their originals have not been kept\n',
    );
    const counted = await next.fetch('/reprocess?preset=listing');
    expect(await counted.json()).toMatchObject({
      total: 1,
      current: 0,
      pending: 0,
      failed: 0,
      originalGone: 1,
    });
    expect((await describedBy(next, accepted)).variants).toMatchObject([{ width: 300 }]);
    await expectCleanEnd(next);
  });
});

test('kept for days, an original says until when; kept for ever, that it has no end', async () => {
  for (const [kept, ms] of [
    ['30d', 30 * DAY_MS],
    ['forever', null],
  ] as const) {
    await using service = await startService({ env: { KEEP_ORIGINALS: kept, N_WORKERS: '1' } });
    const accepted = await upload(service, SMALL);
    await endOf(service, accepted);
    const { createdAt, original } = await describedBy(service, accepted);
    const until = ms === null ? null : new Date(Date.parse(createdAt) + ms).toISOString();
    expect(original).toEqual({ kept: true, until });
    await expectCleanEnd(service);
  }
});

test('an image with an end is kept no longer by caches, is gone from then on, and then so are its files', async () => {
  await using service = await startService({ env: { EXPIRE_AFTER: '30d', N_WORKERS: '1' } });
  const byDefault = await upload(service, SMALL);
  await endOf(service, byDefault);
  const { createdAt, expiresAt, original } = await describedBy(service, byDefault);
  expect(Date.parse(String(expiresAt)) - Date.parse(createdAt)).toBe(30 * DAY_MS);
  expect(original).toEqual({ kept: true, until: expiresAt });

  const answer = await postImage(service, await newPicture(SMALL), { expires: '3' });
  const accepted = Accepted.parse(await answer.json());
  await endOf(service, accepted);
  const image = await describedBy(service, accepted);
  const [variant] = image.variants;
  const read = await service.fetch(variant?.url ?? '');
  expect(read.headers.get('cache-control')).toMatch(/^public, max-age=[0-3], immutable, must-revalidate$/);
  await read.body?.cancel();
  const gone = await eventually('its end', async () => {
    const found = await service.fetch(accepted.links.self);
    if (found.status === 410) return found;
    await found.body?.cancel();
    return null;
  });
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(String(image.expiresAt)));
  await expectProblem(gone, 'deleted');
  await expectProblem(await service.fetch(variant?.url ?? ''), 'deleted');
  await expectProblem(await service.fetch(`${accepted.links.self}/original`), 'deleted');
  await expectProblem(await service.fetch(accepted.links.self, { method: 'DELETE' }), 'deleted');

  // The end of a run has it looked for what has had its time.
  const other = await upload(service, SMALL);
  await endOf(service, other);
  const line = await service.logged(
    ({ msg, expired }) => msg === 'removed what has had its time' && expired === 1,
  );
  expect(line).toMatchObject({ originals: 0 });
  const stores = await storesOf(service);
  expect((await stores.originals()).toSorted()).toEqual([byDefault.id, other.id].toSorted());
  expect(await stores.published()).toHaveLength(2 * image.variants.length);
  expect((await describedBy(service, other)).status).toBe('succeeded');
  await expectCleanEnd(service);
});
