import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { imagePath } from '../../testdata/expected.ts';
import { Freezer } from '../helpers/freezer.ts';
import { imageOf } from '../helpers/image-answer.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { startReprocess } from '../helpers/reprocess-command.ts';
import { dataFolder, type RunningService, startService } from '../helpers/service.ts';
import { expectShown } from '../helpers/shown-images.ts';
import { storesOf } from '../helpers/stores.ts';
import { Accepted, endOf, newPicture, postImage } from '../helpers/upload.ts';

const SMALL = imagePath('testimage_small.jpg');

/** Of each test its own, so that one start of the service with later presets is enough for all of them. */
const PRESETS = ['anew', 'failing', 'taken-up', 'queued', 'deleted'] as const;

const OLD_WIDTH = 300;
const NEW_WIDTH = 200;

let service: RunningService;
let folder: string;
/** All images that are not deleted. */
let living: Accepted[] = [];
const uploads: Partial<Record<string, Accepted[]>> = {};

/** Accepted before the presets became what they are now. */
function acceptedFor(preset: (typeof PRESETS)[number] | 'default'): [Accepted, ...Accepted[]] {
  const [first, ...others] = uploads[preset] ?? [];
  if (!first) throw new Error(`nothing was accepted for ${preset}`);
  return [first, ...others];
}

/** From now on, the presets are of this width; of no other format than JPEG. */
async function setPresets(path: string, width: number): Promise<void> {
  const sizes = [
    { name: 'large', width, height: width, fit: 'inside' },
    { name: 'thumb', width: 50, height: 50, fit: 'cover', position: 'focus' },
  ];
  const preset = { sizes, outputs: [{ format: 'jpeg' }] };
  await writeFile(path, JSON.stringify(Object.fromEntries(PRESETS.map((name) => [name, preset]))));
}

async function accept(preset: string, fields: Record<string, string> = {}): Promise<void> {
  const answer = await postImage(service, await newPicture(SMALL), { preset, ...fields });
  expect(answer.status).toBe(200);
  const upload = Accepted.parse(await answer.json());
  expect(await endOf(service, upload)).toMatchObject({ status: 'succeeded' });
  uploads[preset] = [...(uploads[preset] ?? []), upload];
  living.push(upload);
}

beforeAll(async () => {
  folder = await dataFolder();
  const path = join(folder, 'presets.json');
  const env = { PRESETS_FILE: path, QUEUE_DEPTH: '8' };
  await setPresets(path, OLD_WIDTH);
  service = await startService({ env, folder });
  await accept('anew');
  await accept('anew', { focus: '0,0' });
  for (const preset of ['anew', 'failing', 'failing', 'taken-up', 'taken-up', 'taken-up'])
    await accept(preset);
  for (const preset of ['queued', 'deleted', 'deleted', 'default']) await accept(preset);
  const presets = PRESETS.flatMap((preset) => acceptedFor(preset));
  expect(widthsOf(await shown(...presets))).toEqual(presets.map(() => OLD_WIDTH));

  service.process.kill('SIGTERM');
  await service.exited;
  await setPresets(path, NEW_WIDTH);
  service = await startService({ env, folder });
}, 60_000);
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** What these images show. All others are looked at as well: each shows one set, and there are no other files. */
async function shown(...wanted: Accepted[]) {
  const ids = new Set(wanted.map(({ id }) => id));
  const images = await expectShown(service, living);
  return images.filter((_, index) => ids.has(living[index]?.id ?? ''));
}

const widthsOf = (images: Awaited<ReturnType<typeof expectShown>>) =>
  images.map(({ variants }) => variants.find(({ name }) => name === 'large')?.width);

const reprocess = (preset: string) => startReprocess('--preset', preset, '--url', service.url);

const JobLink = z.looseObject({ links: z.object({ job: z.string() }) });
const latestJobOf = async ({ links }: Accepted) => {
  const image = JobLink.parse(await (await service.fetch(links.self)).json());
  return z.looseObject({}).parse(await (await service.fetch(image.links.job)).json());
};

describe('the command', () => {
  it('makes anew what was accepted with an earlier version of the preset, and has nothing to do the next time', async () => {
    const { code, stdout, stderr } = await reprocess('anew').ended;
    expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: 'anew: 3 of 3 are current, 0 failed\n' });
    expect(stderr).toMatch(/^anew: 0\/3 current, 0 pending, 0 failed$/m);
    const images = await shown(...acceptedFor('anew'));
    expect(widthsOf(images)).toEqual([NEW_WIDTH, NEW_WIDTH, NEW_WIDTH]);
    expect(images[1]).toMatchObject({ focus: { x: 0, y: 0 } });
    const [elsewhere] = acceptedFor('default');
    expect(await latestJobOf(elsewhere), 'another preset').toMatchObject({ isBatch: false });
    const [first] = acceptedFor('anew');
    const job = await latestJobOf(first);
    expect(job).toMatchObject({ isBatch: true, status: 'succeeded' });

    const again = await reprocess('anew').ended;
    expect(again).toMatchObject({ code: 0, stdout: 'anew: 3 of 3 are current, 0 failed\n' });
    expect(await latestJobOf(first), 'not made once more').toEqual(job);
  });

  it('says which jobs have failed, exits 1, and leaves what their images have', async () => {
    const [bad, good] = acceptedFor('failing');
    await (await storesOf(service)).removeOriginal(bad.id);
    const { code, stdout } = await reprocess('failing').ended;
    const job = await latestJobOf(bad);
    expect(code).toBe(1);
    expect(stdout).toBe(
      `failing: 1 of 2 are current, 1 failed\nfailed: ${new URL(`/jobs/${job.id}`, service.url)}\n`,
    );
    expect(job).toMatchObject({ status: 'failed', failure: 'original_missing' });
    expect(good && widthsOf(await shown(bad, good))).toEqual([OLD_WIDTH, NEW_WIDTH]);
  });

  it('is taken up by another one when it was killed', async () => {
    const freezer = await Freezer.hold(service);
    const killed = reprocess('taken-up');
    await killed.said;
    killed.process.kill('SIGKILL');
    await killed.ended;
    await freezer[Symbol.asyncDispose]();
    expect(await reprocess('taken-up').ended).toMatchObject({ code: 0 });
    expect(widthsOf(await shown(...acceptedFor('taken-up')))).toEqual([NEW_WIDTH, NEW_WIDTH, NEW_WIDTH]);
  });

  it('exits 2 for what the service refuses, with its words', async () => {
    const { code, stderr } = await reprocess('nope').ended;
    const presets = ['default', ...PRESETS].join(', ');
    expect({ code, stderr }).toEqual({ code: 2, stderr: `The presets are: ${presets}.` });
  });

  it('exits 2 for a command line that cannot be followed, with all that is wrong', async () => {
    const { code, stderr } = await startReprocess('--since', 'yesterday', '--url', 'ftp://x').ended;
    expect(code).toBe(2);
    for (const flag of ['--preset', '--since', '--url']) expect(stderr).toMatch(RegExp(`^${flag} must`, 'm'));
  });
});

describe('while an image is made anew', () => {
  it('it shows what it has; then URLs of before lead to what it shows now, and the failed job says why', async () => {
    const [upload] = acceptedFor('queued');
    const [image] = await shown(upload);
    const old = image?.variants.find(({ name }) => name === 'large');
    if (!old) throw new Error('there is no large one');

    const freezer = await Freezer.hold(service);
    const queued = await service.fetch('/reprocess?preset=queued&since=2020-01-01', { method: 'POST' });
    expect(await queued.json()).toEqual({ queued: 1, skipped: 0, originalGone: 0, next: null });
    const again = await service.fetch('/reprocess?preset=queued', { method: 'POST' });
    expect(await again.json()).toEqual({ queued: 0, skipped: 1, originalGone: 0, next: null });
    const counted = await service.fetch('/reprocess?preset=queued');
    expect(await counted.json()).toEqual({
      total: 1,
      current: 0,
      pending: 1,
      failed: 0,
      failedJobs: [],
      originalGone: 0,
    });
    expect(await imageOf(service, upload)).toMatchObject({ status: 'succeeded', variants: image?.variants });
    expect((await service.fetch(old.url)).status).toBe(200);
    const first = await service.fetch(`${upload.links.job}/retry`, { method: 'POST' });
    await expectProblem(first, 'not_ended');
    await freezer[Symbol.asyncDispose]();

    expect(await reprocess('queued').ended).toMatchObject({ code: 0 });
    const [now] = await shown(upload);
    const large = now?.variants.find(({ name }) => name === 'large');
    const moved = await service.fetch(old.url, { redirect: 'manual' });
    expect([moved.status, moved.headers.get('location'), moved.headers.get('cache-control')]).toEqual([
      302,
      large?.url,
      'no-cache',
    ]);
    const gone = old.url.replace('.jpg', '.webp');
    await expectProblem(await service.fetch(gone), 'not_found');
  });

  it('it may be deleted, and nothing of it stays', async () => {
    const [deleted, ...others] = acceptedFor('deleted');
    const freezer = await Freezer.hold(service);
    await service.fetch('/reprocess?preset=deleted', { method: 'POST' });
    expect((await service.fetch(deleted.links.self, { method: 'DELETE' })).status).toBe(204);
    living = living.filter(({ id }) => id !== deleted.id);
    await freezer[Symbol.asyncDispose]();
    const { stdout } = await reprocess('deleted').ended;
    expect(stdout).toBe('deleted: 1 of 1 are current, 0 failed\n');
    expect(widthsOf(await shown(...others))).toEqual([NEW_WIDTH]);
  });
});

describe('a request to make anew', () => {
  it('is refused without a preset, and where a parameter is none', async () => {
    for (const query of ['', 'preset=anew&since=yesterday', 'preset=anew&since=2026-02-30'])
      await expectProblem(await service.fetch(`/reprocess?${query}`), 'bad_parameter');
    for (const query of ['preset=anew&cursor=x', 'preset=anew&limit=0', 'preset=anew&limit=201'])
      await expectProblem(await service.fetch(`/reprocess?${query}`, { method: 'POST' }), 'bad_parameter');
    await expectProblem(await service.fetch('/reprocess?preset=nope', { method: 'POST' }), 'unknown_preset');
    await expectProblem(
      await service.fetch('/reprocess?preset=anew', { method: 'PUT' }),
      'method_not_allowed',
    );
  });
});
