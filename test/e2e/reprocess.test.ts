import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { imagePath } from '../../testdata/expected.ts';
import { Freezer } from '../helpers/freezer.ts';
import { imageOf } from '../helpers/image-answer.ts';
import { ownFolder } from '../helpers/own-folder.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { startReprocess } from '../helpers/reprocess-command.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { expectShown } from '../helpers/shown-images.ts';
import { Accepted, endOf, newPicture, postImage } from '../helpers/upload.ts';

const SMALL = imagePath('testimage_small.jpg');

let presetsPath: string;
beforeEach(async () => {
  presetsPath = join(await ownFolder(), 'presets.json');
});

/** From now on, the preset is one of this width; of no other format than JPEG. */
async function setListing(width: number): Promise<void> {
  const sizes = [
    { name: 'large', width, height: width, fit: 'inside' },
    { name: 'thumb', width: 50, height: 50, fit: 'cover', position: 'focus' },
  ];
  await writeFile(presetsPath, JSON.stringify({ listing: { sizes, outputs: [{ format: 'jpeg' }] } }));
}

const start = (folder?: string) =>
  startService({ env: { PRESETS_FILE: presetsPath, QUEUE_DEPTH: '8' }, ...(folder && { folder }) });

async function restarted(service: RunningService): Promise<RunningService> {
  service.process.kill('SIGTERM');
  await service.exited;
  return start(service.folder);
}

async function accept(service: RunningService, fields: Record<string, string> = {}): Promise<Accepted> {
  const answer = await postImage(service, await newPicture(SMALL), { preset: 'listing', ...fields });
  expect(answer.status).toBe(200);
  const upload = Accepted.parse(await answer.json());
  expect(await endOf(service, upload)).toMatchObject({ status: 'succeeded' });
  return upload;
}

const widthsOf = (images: Awaited<ReturnType<typeof expectShown>>) =>
  images.map(({ variants }) => variants.find(({ name }) => name === 'large')?.width);

const JobLink = z.looseObject({ links: z.object({ job: z.string() }) });
const latestJobOf = async (service: RunningService, { links }: Accepted) => {
  const image = JobLink.parse(await (await service.fetch(links.self)).json());
  return z.looseObject({}).parse(await (await service.fetch(image.links.job)).json());
};

describe('the command', () => {
  it('makes anew what was accepted with an earlier version of the preset, and has nothing to do the next time', async () => {
    await setListing(300);
    await using before = await start();
    const first = await accept(before);
    const uploads = [first, await accept(before, { focus: '0,0' }), await accept(before)];
    const elsewhere = await accept(before, { preset: 'default' });
    expect(widthsOf(await expectShown(before, [...uploads, elsewhere])).slice(0, 3)).toEqual([300, 300, 300]);

    await setListing(200);
    await using service = await restarted(before);
    const reprocess = () => startReprocess('--preset', 'listing', '--url', service.url).ended;
    const { code, stdout, stderr } = await reprocess();
    expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: 'listing: 3 of 3 are current, 0 failed\n' });
    expect(stderr).toMatch(/^listing: 0\/3 current, 0 pending, 0 failed$/m);
    const images = await expectShown(service, [...uploads, elsewhere]);
    expect(widthsOf(images).slice(0, 3)).toEqual([200, 200, 200]);
    expect(images[1]).toMatchObject({ focus: { x: 0, y: 0 } });
    expect(await latestJobOf(service, elsewhere), 'another preset').toMatchObject({ isBatch: false });
    const job = await latestJobOf(service, first);
    expect(job).toMatchObject({ isBatch: true, status: 'succeeded' });

    expect(await reprocess()).toMatchObject({ code: 0, stdout: 'listing: 3 of 3 are current, 0 failed\n' });
    expect(await latestJobOf(service, first), 'not made once more').toEqual(job);
  });

  it('says which jobs have failed, exits 1, and leaves what their images have', async () => {
    await setListing(300);
    await using before = await start();
    const [good, bad] = [await accept(before), await accept(before)];
    await setListing(200);
    await using service = await restarted(before);
    const original = join(service.folder, 'originals', bad.id.slice(0, 2), bad.id);
    await rm(original);
    const { code, stdout } = await startReprocess('--preset', 'listing', '--url', service.url).ended;
    const job = await latestJobOf(service, bad);
    expect(code).toBe(1);
    expect(stdout).toBe(
      `listing: 1 of 2 are current, 1 failed\nfailed: ${new URL(`/jobs/${job.id}`, service.url)}\n`,
    );
    expect(job).toMatchObject({ status: 'failed', failure: 'original_missing' });
    expect(widthsOf(await expectShown(service, [good, bad]))).toEqual([200, 300]);
  });

  it('is taken up by another one when it was killed', async () => {
    await setListing(300);
    await using before = await start();
    const uploads = [await accept(before), await accept(before), await accept(before)];
    await setListing(200);
    await using service = await restarted(before);
    const freezer = await Freezer.hold(service);
    const flags = ['--preset', 'listing', '--url', service.url];
    const killed = startReprocess(...flags);
    await killed.said;
    killed.process.kill('SIGKILL');
    await killed.ended;
    await freezer[Symbol.asyncDispose]();
    expect(await startReprocess(...flags).ended).toMatchObject({ code: 0 });
    expect(widthsOf(await expectShown(service, uploads))).toEqual([200, 200, 200]);
  });

  it('exits 2 for what the service refuses, with its words', async () => {
    await setListing(300);
    await using service = await start();
    const { code, stderr } = await startReprocess('--preset', 'nope', '--url', service.url).ended;
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'The presets are: default, listing.' });
  });

  it('exits 2 for a command line that cannot be followed, with all that is wrong', async () => {
    const { code, stderr } = await startReprocess('--since', 'yesterday', '--url', 'ftp://x').ended;
    expect(code).toBe(2);
    for (const flag of ['--preset', '--since', '--url']) expect(stderr).toMatch(RegExp(`^${flag} must`, 'm'));
  });
});

describe('while an image is made anew', () => {
  it('it shows what it has; then URLs of before lead to what it shows now, and the failed job says why', async () => {
    await setListing(300);
    await using before = await start();
    const upload = await accept(before);
    const [image] = await expectShown(before, [upload]);
    const old = image?.variants.find(({ name }) => name === 'large');
    if (!old) throw new Error('there is no large one');

    await setListing(200);
    await using service = await restarted(before);
    const freezer = await Freezer.hold(service);
    const queued = await service.fetch('/reprocess?preset=listing&since=2020-01-01', { method: 'POST' });
    expect(await queued.json()).toEqual({ queued: 1, skipped: 0, next: null });
    const again = await service.fetch('/reprocess?preset=listing', { method: 'POST' });
    expect(await again.json()).toEqual({ queued: 0, skipped: 1, next: null });
    const counted = await service.fetch('/reprocess?preset=listing');
    expect(await counted.json()).toEqual({ total: 1, current: 0, pending: 1, failed: 0, failedJobs: [] });
    expect(await imageOf(service, upload)).toMatchObject({ status: 'succeeded', variants: image?.variants });
    expect((await service.fetch(old.url)).status).toBe(200);
    const first = await service.fetch(`${upload.links.job}/retry`, { method: 'POST' });
    await expectProblem(first, 'not_ended');
    await freezer[Symbol.asyncDispose]();

    expect(await startReprocess('--preset', 'listing', '--url', service.url).ended).toMatchObject({
      code: 0,
    });
    const [now] = await expectShown(service, [upload]);
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
    await setListing(300);
    await using before = await start();
    const [deleted, other] = [await accept(before), await accept(before)];
    await setListing(200);
    await using service = await restarted(before);
    const freezer = await Freezer.hold(service);
    await service.fetch('/reprocess?preset=listing', { method: 'POST' });
    expect((await service.fetch(deleted.links.self, { method: 'DELETE' })).status).toBe(204);
    await freezer[Symbol.asyncDispose]();
    const { stdout } = await startReprocess('--preset', 'listing', '--url', service.url).ended;
    expect(stdout).toBe('listing: 1 of 1 are current, 0 failed\n');
    expect(widthsOf(await expectShown(service, [other]))).toEqual([200]);
  });
});

describe('a request to make anew', () => {
  it('is refused without a preset, and where a parameter is none', async () => {
    await setListing(300);
    await using service = await start();
    for (const query of ['', 'preset=listing&since=yesterday', 'preset=listing&since=2026-02-30'])
      await expectProblem(await service.fetch(`/reprocess?${query}`), 'bad_parameter');
    for (const query of ['preset=listing&cursor=x', 'preset=listing&limit=0', 'preset=listing&limit=201'])
      await expectProblem(await service.fetch(`/reprocess?${query}`, { method: 'POST' }), 'bad_parameter');
    await expectProblem(await service.fetch('/reprocess?preset=nope', { method: 'POST' }), 'unknown_preset');
    await expectProblem(
      await service.fetch('/reprocess?preset=listing', { method: 'PUT' }),
      'method_not_allowed',
    );
  });
});
