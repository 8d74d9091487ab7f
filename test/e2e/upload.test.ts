import { openAsBlob } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { imageOf } from '../helpers/image-answer.ts';
import { freezeWorkers, thaw, workerCalled } from '../helpers/processes.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { Accepted, endOf, newPicture, postImage, upload } from '../helpers/upload.ts';

const SMALL = imagePath('testimage_small.jpg');

let service: RunningService;
beforeAll(async () => {
  // Tests here are about uploads that are taken, so they may wait.
  service = await startService({ env: { HANDOFF_TIMEOUT_MS: '10000' } });
});
afterAll(() => service[Symbol.asyncDispose]());

describe('an upload', () => {
  it('as a form is answered with the image, its status and its links', async () => {
    const answer = await postImage(service, await newPicture(SMALL));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const accepted = Accepted.parse(await answer.json());
    expect(accepted.links.self).toBe(`/images/${accepted.id}`);
    expect(accepted.links.job).toMatch(/^\/jobs\/[0-9a-f-]{36}$/);
    expect(answer.headers.get('location')).toBe(accepted.links.self);
    expect(await endOf(service, accepted)).toMatchObject({ imageId: accepted.id, status: 'succeeded' });
  });

  it('as a raw body is taken as well, and its URL carries the fields', async () => {
    const query = new URLSearchParams({ preset: 'default', metadata: '{"from":"raw"}' });
    const answer = await service.fetch(`/upload?${query}`, {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg' },
      body: await readFile(SMALL),
    });
    expect(answer.status).toBe(200);
    const accepted = Accepted.parse(await answer.json());
    expect(await endOf(service, accepted)).toMatchObject({ status: 'succeeded' });
    expect(await imageOf(service, accepted)).toMatchObject({
      source: { format: 'jpeg', width: 640, height: 480 },
      metadata: { from: 'raw' },
    });
  });

  it('is what its bytes say, whatever the name, the part and the header call it', async () => {
    const jpeg = await readFile(SMALL);
    const raw = await service.fetch('/upload', {
      method: 'POST',
      headers: { 'content-type': 'image/gif' },
      body: jpeg,
    });
    const form = new FormData();
    form.set('image', new Blob([jpeg], { type: 'application/x-sh' }), '../../etc/passwd.png');
    const named = await service.fetch('/upload', { method: 'POST', body: form });
    for (const answer of [raw, named]) {
      const accepted = Accepted.parse(await answer.json());
      expect(await endOf(service, accepted)).toMatchObject({ status: 'succeeded' });
      expect((await imageOf(service, accepted)).source.format).toBe('jpeg');
    }
  });

  it.each([
    ['before', true],
    ['after', false],
  ])('takes preset and metadata %s the image, and gives the metadata back', async (_, fieldsFirst) => {
    const metadata = { title: 'Häuschen', tags: ['a', 'b'], nested: { n: 1.5, no: null } };
    const form = new FormData();
    const image = async () => form.set('image', await openAsBlob(SMALL), 'photo.jpg');
    if (!fieldsFirst) await image();
    form.set('preset', 'default');
    form.set('metadata', JSON.stringify(metadata));
    form.set('csrf', 'a field that forms carry and nobody asked for');
    if (fieldsFirst) await image();
    const answer = await service.fetch('/upload', { method: 'POST', body: form });
    const accepted = Accepted.parse(await answer.json());
    expect(await imageOf(service, accepted)).toMatchObject({ preset: 'default', metadata });
    await endOf(service, accepted);
  });

  it('takes metadata of exactly 4 KiB', async () => {
    const metadata = JSON.stringify({ text: 'x'.repeat(4096 - '{"text":""}'.length) });
    const answer = await postImage(service, await newPicture(SMALL), { metadata });
    expect(answer.status).toBe(200);
    const accepted = Accepted.parse(await answer.json());
    expect((await imageOf(service, accepted)).metadata).toEqual(JSON.parse(metadata));
    await endOf(service, accepted);
  });
});

describe('Prefer: wait', () => {
  it('holds the answer until the job has ended', async () => {
    const answer = await postImage(service, await newPicture(SMALL), {}, { prefer: 'wait=20' });
    expect(answer.headers.get('preference-applied')).toBe('wait=20');
    const accepted = Accepted.parse(await answer.json());
    expect(accepted.status).toBe('succeeded');
    expect((await imageOf(service, accepted)).variants).toHaveLength(6);
  });

  it('holds it no longer than it says', async () => {
    const frozen = await freezeWorkers(service);
    try {
      const begin = performance.now();
      const answer = await postImage(
        service,
        await newPicture(SMALL),
        {},
        { prefer: 'respond-async, wait=1' },
      );
      expect(performance.now() - begin).toBeGreaterThanOrEqual(990);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('preference-applied')).toBe('wait=1');
      const accepted = Accepted.parse(await answer.json());
      expect(accepted.status).toBe('running');
      frozen.forEach(thaw);
      expect(await endOf(service, accepted)).toMatchObject({ status: 'succeeded' });
    } finally {
      frozen.forEach(thaw);
    }
  });

  it('is not claimed where it was not asked for', async () => {
    const answer = await postImage(service, await newPicture(SMALL));
    expect(answer.headers.get('preference-applied')).toBeNull();
    await endOf(service, Accepted.parse(await answer.json()));
  });
});

describe('X-Request-Id', () => {
  it('is echoed, and stands on every line of the upload, of the server and of the worker', async () => {
    const requestId = `e2e:${crypto.randomUUID()}`;
    const accepted = await upload(service, SMALL, { 'x-request-id': requestId });
    const settled = await service.logged(
      (line) => line.msg === 'run settled' && line.imageId === accepted.id,
    );
    const ofTheImage = service.lines.filter((line) => line.imageId === accepted.id);
    expect(ofTheImage.map((line) => line.requestId)).toEqual(ofTheImage.map(() => requestId));
    expect(ofTheImage.map((line) => line.msg)).toEqual(
      expect.arrayContaining(['upload accepted', 'run started', 'run ended', 'run settled']),
    );
    const byTheWorker = ofTheImage.find((line) => line.msg === 'run ended');
    await workerCalled(service, Number(byTheWorker?.workerPid));
    expect(byTheWorker?.workerPid).toBe(settled.workerPid);
    expect(await endOf(service, accepted)).toMatchObject({ requestId });
  });

  it.each(['with a space', 'x'.repeat(129), 'semi;colon', ''])('%j is not taken over', async (given) => {
    const answer = await service.fetch('/livez', { headers: { 'x-request-id': given } });
    const echoed = answer.headers.get('x-request-id');
    expect(echoed).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    expect((await service.logged((line) => line.requestId === echoed)).path).toBe('/livez');
  });

  it('of 128 characters is taken over', async () => {
    const given = 'x'.repeat(128);
    const answer = await service.fetch('/livez', { headers: { 'x-request-id': given } });
    expect(answer.headers.get('x-request-id')).toBe(given);
  });
});
