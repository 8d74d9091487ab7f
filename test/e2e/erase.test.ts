import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { imagePath } from '../../testdata/expected.ts';
import { faultPicture } from '../fixtures/fault-pictures.ts';
import { writeApiKeys } from '../helpers/api-keys.ts';
import { askToErase, eraseAll, filesWith } from '../helpers/erasing.ts';
import { eventually } from '../helpers/eventually.ts';
import { ImagePage } from '../helpers/image-page.ts';
import { startCommand } from '../helpers/operator-command.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { PROFILE } from '../helpers/profile.ts';
import { dataFolder, type RunningService, startService } from '../helpers/service.ts';
import { said, TusRequests } from '../helpers/tus-requests.ts';
import { Accepted, JobAnswer, newPicture } from '../helpers/upload.ts';

type KeyName = 'shop' | 'forum' | 'operator';

/** A run has ended for certain after twice as long. */
const JOB_TIMEOUT_MS = '2500';

let service: RunningService;
let keys: Record<KeyName, { authorization: string }>;
beforeAll(async () => {
  const folder = await dataFolder();
  const path = join(folder, 'keys.json');
  keys = await writeApiKeys(path, {
    shop: { scopes: ['upload', 'read'], tenant: 'shop' },
    forum: { scopes: ['upload', 'read'], tenant: 'forum' },
    operator: { scopes: ['admin'], tenant: 'office' },
  });
  service = await startService({
    folder,
    faults: true,
    env: { API_KEYS_FILE: path, JOB_TIMEOUT_MS, MAX_ATTEMPTS: '1', N_WORKERS: '2' },
  });
});
afterAll(() => service[Symbol.asyncDispose]());

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function uploadAs(
  name: KeyName,
  bytes: Uint8Array<ArrayBuffer>,
  { caption = 'none', key, wait = 20 }: { caption?: string; key?: string; wait?: number } = {},
): Promise<Accepted> {
  const query = new URLSearchParams({ metadata: JSON.stringify({ caption, order: 7 }), lane: 'batch' });
  const answer = await service.fetch(`/upload?${query}`, {
    method: 'POST',
    headers: {
      ...keys[name],
      'content-type': 'image/*',
      prefer: `wait=${wait}`,
      ...(key && { 'idempotency-key': key }),
    },
    body: bytes,
  });
  return Accepted.parse(await answer.json());
}

const Manifest = z.object({
  createdAt: z.string(),
  thumbhash: z.string(),
  variants: z.tuple([z.object({ url: z.string(), sha256: z.string() })], z.unknown()),
});
const manifestOf = async (name: KeyName, { links }: Accepted) =>
  Manifest.parse(await (await get(name, links.self)).json());

const get = (name: KeyName, path: string) => service.fetch(path, { headers: keys[name] });
const idsOf = async (name: KeyName) =>
  ImagePage.parse(await (await get(name, '/images')).json()).images.map(({ id }) => id);

describe('a tenant of whom nothing is to be left', () => {
  it('has no image, file, record, key or log line any more, and the others have all of theirs', async () => {
    const picture = await newPicture(imagePath('testimage_small.jpg'));
    const tail = picture.subarray(-64);
    const good = await uploadAs('shop', picture, { caption: 'caption-of-shop', key: 'key-of-shop' });
    const twin = await uploadAs('shop', picture, { caption: 'caption-of-shop' });
    const bad = await uploadAs('shop', faultPicture('SIGSEGV'), { caption: 'caption-of-shop' });
    const deleted = await uploadAs('shop', await newPicture(imagePath('tiny_1x1.png')));
    await service.fetch(deleted.links.self, { method: 'DELETE', headers: keys.shop });
    const tus = new TusRequests(service, keys.shop);
    const half = new TextEncoder().encode('half-of-an-upload-of-shop');
    const metadata = JSON.stringify({ caption: 'caption-of-an-open-upload' });
    const open = await tus.opened(2 * half.length, said({ metadata }));
    expect((await tus.add(open, 0, half)).status).toBe(204);
    const theirs = await uploadAs('forum', picture, { caption: 'caption-of-forum', key: 'key-of-forum' });
    expect([good, twin, bad, theirs].map(({ status }) => status)).toEqual([
      'succeeded',
      'succeeded',
      'quarantined',
      'succeeded',
    ]);
    const manifest = await manifestOf('shop', good);
    const variant = manifest.variants[0].url;
    const marks = [
      'caption-of-shop',
      'key-of-shop',
      'half-of-an-upload-of-shop',
      'caption-of-an-open-upload',
      manifest.variants[0].sha256,
      manifest.thumbhash,
    ];

    const { sum, calls } = await eraseAll(service, { tenant: 'shop', limit: 2 }, keys.operator);
    expect(sum).toMatchObject({
      images: 3,
      files: 3 + manifest.variants.length,
      quarantined: 1,
      keys: 1,
      uploads: 1,
    });
    expect(sum.bytes).toBeGreaterThan(2 * picture.length);
    expect(calls.flatMap(({ failed }) => failed)).toEqual([]);
    expect(calls.at(-1)?.database).toBe(PROFILE === 'cluster' ? 'freed' : 'overwritten');

    for (const { links } of [good, twin, bad, deleted])
      await expectProblem(await get('shop', links.self), 'deleted');
    await expectProblem(await service.fetch(variant), 'deleted');
    for (const { links } of [good, twin, bad, deleted])
      await expectProblem(await get('shop', links.job), 'not_found');
    expect((await tus.head(open)).status).toBe(404);
    expect(await idsOf('shop')).toEqual([]);
    expect(await idsOf('forum')).toEqual([theirs.id]);
    expect(await (await get('forum', theirs.links.self)).json()).toMatchObject({
      status: 'succeeded',
      metadata: { caption: 'caption-of-forum' },
    });
    if (PROFILE !== 'cluster') {
      const bytes = [tail, ...marks, sha256Of(picture)];
      // The picture, and its variants, are another tenant's as well.
      const left = await filesWith(service.folder, marks.slice(0, 4));
      expect(left).toEqual([]);
      await eraseAll(service, { tenant: 'forum' }, keys.operator);
      expect(await filesWith(service.folder, [...bytes, 'caption-of-forum', 'key-of-forum'])).toEqual([]);
    }
    const log = JSON.stringify(service.lines);
    for (const mark of [...marks, sha256Of(picture)]) expect(log).not.toContain(mark);
  });

  it('may come again: what was refused or repeated is taken anew', async () => {
    const picture = await newPicture(imagePath('tiny_1x1.png'));
    const before = await uploadAs('shop', picture, { key: 'again' });
    await eraseAll(service, { tenant: 'shop', rewriteDatabase: false }, keys.operator);
    const after = await uploadAs('shop', picture, { key: 'again' });
    expect(after.id).not.toBe(before.id);
    expect(after.status).toBe('succeeded');
  });

  it('is not verified while a run of an erased image goes on, which brings nothing back', async () => {
    await eraseAll(service, { tenant: 'shop', rewriteDatabase: false }, keys.operator);
    const hangs = await uploadAs('shop', faultPicture('native-hang'), { wait: 0 });
    await eventually('its run', async () => {
      const { status } = JobAnswer.parse(await (await get('shop', hangs.links.job)).json());
      return status === 'running';
    });
    const first = await (await askToErase(service, { tenant: 'shop' }, keys.operator)).json();
    expect(first).toMatchObject({ images: 1, verified: false, database: null });
    const { calls } = await eraseAll(service, { tenant: 'shop', rewriteDatabase: false }, keys.operator);
    expect(calls.at(-1)).toMatchObject({ images: 0, verified: true, database: 'freed', waitSeconds: null });
    await expectProblem(await get('shop', hangs.links.self), 'deleted');
  });
});

describe('images with a value in their metadata', () => {
  it('go, with the files that are theirs alone, and those before a moment', async () => {
    await eraseAll(service, { tenant: 'shop', rewriteDatabase: false }, keys.operator);
    const picture = await newPicture(imagePath('tiny_1x1.png'));
    const kept = await uploadAs('shop', picture, { caption: 'stays' });
    const gone = await uploadAs('shop', picture, { caption: 'goes' });
    const metadata = { field: 'caption', value: 'goes' };
    const { sum } = await eraseAll(
      service,
      { tenant: 'shop', metadata, rewriteDatabase: false },
      keys.operator,
    );
    expect(sum).toMatchObject({ images: 1, files: 1 });
    await expectProblem(await get('shop', gone.links.self), 'deleted');
    const manifest = await manifestOf('shop', kept);
    expect((await service.fetch(manifest.variants[0].url)).status).toBe(200);

    const later = await uploadAs('shop', picture);
    const { createdAt: before } = await manifestOf('shop', later);
    await eraseAll(service, { tenant: 'shop', before, rewriteDatabase: false }, keys.operator);
    expect(await idsOf('shop')).toEqual([later.id]);
    expect((await service.fetch(manifest.variants[0].url)).status).toBe(410);
  });
});

describe('the command', () => {
  it('erases until nothing is left, and reports it in JSON', async () => {
    await uploadAs('forum', await newPicture(imagePath('tiny_1x1.png')), { caption: 'a:b' });
    const keyFile = join(service.folder, 'operator.key');
    await writeFile(keyFile, keys.operator.authorization.replace('Bearer ', ''));
    const flags = ['--tenant', 'forum', '--metadata', 'caption:a:b', '--keep-traces'];
    const command = startCommand('erase', [...flags, '--url', service.url, '--key-file', keyFile]);
    const { code, stdout } = await command.ended;
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      expect.objectContaining({ tenant: 'forum', images: 1, failed: [], database: 'freed', verified: true }),
    ]);
    const refused = await startCommand('erase', ['--tenant', 'forum', '--all', '--url', service.url]).ended;
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no API key') });
  });
});

describe('to erase', () => {
  it('needs the scope admin', async () => {
    await expectProblem(await askToErase(service, { tenant: 'shop' }, keys.shop), 'not_allowed');
  });

  it.each([
    {},
    { tenant: 'Shop' },
    { tenant: 'shop', metadata: { field: 'a' } },
    { tenant: 'shop', metadata: { field: 'a', value: 1 } },
    { tenant: 'shop', before: 'now' },
    { tenant: 'shop', limit: 0 },
    { tenant: 'shop', metdata: { field: 'a', value: 'b' } },
  ])('takes no %j, and erases nothing', async (asked) => {
    const there = await idsOf('shop');
    await expectProblem(await askToErase(service, asked, keys.operator), 'bad_parameter');
    expect(await idsOf('shop')).toEqual(there);
  });
});
