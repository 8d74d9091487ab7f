import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { darkroom } from '../../server/client/client.ts';
import { StandingAnswer } from '../../server/contract/answers.ts';
import { imagePath } from '../../testdata/expected.ts';
import { eventually } from '../helpers/eventually.ts';
import { paddedPicture } from '../helpers/padded-picture.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { TcpProxy } from '../helpers/tcp-proxy.ts';

const PHOTO = new Blob([await readFile(imagePath('testimage_200kb.jpg'))], { type: 'image/jpeg' });

test('the typed client uploads, waits while all workers are busy, and reads what became of it', async () => {
  await using service = await startService({
    env: { N_WORKERS: '1', QUEUE_DEPTH: '0', HANDOFF_TIMEOUT_MS: '0' },
  });
  const { upload, api } = darkroom(service.url);
  let retries = 0;
  const onRetry = () => {
    retries++;
  };
  const options = { waitSeconds: 30, metadata: { from: 'the client' }, onRetry };
  // Of three at once one finds the worker, and the others come again.
  const photos = [0, 1, 2].map((number) => new Blob([PHOTO, new Uint8Array([number])], { type: PHOTO.type }));
  const accepted = await Promise.all(photos.map((photo) => upload(photo, options)));
  expect(retries).toBeGreaterThan(0);
  expect(accepted.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'succeeded']);

  const [first] = accepted;
  const param = { id: first?.id ?? '' };
  const image = await (await api.images[':id'].$get({ param })).json();
  expect(image.variants.length).toBeGreaterThan(0);
  expect(image.metadata).toEqual({ from: 'the client' });
  const page = await (await api.jobs.$get({ query: { status: 'succeeded', limit: '2' } })).json();
  expect(page.jobs).toHaveLength(2);
  expect((await api.images[':id'].$delete({ param })).status).toBe(204);
  expect((await api.images[':id'].$get({ param })).status).toBe(410);
});

test('the contract is served, and its page may load nothing', async () => {
  await using service = await startService({ env: { N_WORKERS: '1' } });
  const contract = await (await service.fetch('/openapi.json')).json();
  expect(contract).toMatchObject({
    openapi: '3.1.0',
    paths: { '/upload': { post: { operationId: 'upload' } } },
  });
  const page = await service.fetch('/docs');
  expect(page.headers.get('content-type')).toMatch(/^text\/html/);
  expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
});

describe('a large picture', () => {
  const BYTES = 6_000_000;
  let service: RunningService;
  beforeAll(async () => {
    service = await startService({ env: { N_WORKERS: '1' } });
  });
  afterAll(() => service[Symbol.asyncDispose]());

  const large = async () => new Blob([new Uint8Array(await paddedPicture(BYTES))], { type: 'image/jpeg' });

  test('goes on where it broke off, and is answered as any other', async () => {
    await using proxy = await TcpProxy.before(service.url);
    const { upload, api } = darkroom(proxy.address(service.url));
    const retries: number[] = [];
    proxy.stopAfter(3_000_000, () => {
      proxy.heal();
      proxy.cut();
    });
    const { id, status } = await upload(await large(), {
      metadata: { from: 'the client' },
      waitSeconds: 30,
      onRetry: (ms) => retries.push(ms),
    });
    expect({ status, retries }).toEqual({ status: 'succeeded', retries: [500] });
    const image = await (await api.images[':id'].$get({ param: { id } })).json();
    expect(image).toMatchObject({ metadata: { from: 'the client' }, source: { bytes: BYTES } });
    expect(service.lines.filter(({ method }) => method === 'PATCH').length).toBe(2);
  });

  test('goes on after a reload, where its address was kept', async () => {
    await using proxy = await TcpProxy.before(service.url);
    const { upload } = darkroom(proxy.address(service.url));
    const kept = new Map<string, string>();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    };
    const [picture, page] = [await large(), new AbortController()];
    const stopped = Promise.withResolvers<void>();
    proxy.stopAfter(3_000_000, stopped.resolve);
    const first = upload(picture, { storage, signal: page.signal });
    await stopped.promise;
    await eventually('some of it is kept', async () => {
      const [address = ''] = kept.values();
      const standing = await service.fetch(new URL(address).pathname);
      return StandingAnswer.parse(await standing.json()).offset > 1_000_000;
    });
    page.abort();
    await expect(first).rejects.toThrow('aborted');
    proxy.heal();
    expect(kept.size).toBe(1);
    const sent: number[] = [];
    await upload(picture, { storage, onProgress: (bytes) => sent.push(bytes) });
    expect(sent[0], 'not from the beginning').toBeGreaterThan(1_000_000);
    expect(kept.size).toBe(0);
  });

  test('that is none is refused with why, and a ticket takes one, too', async () => {
    const { upload, uploadByTicket } = darkroom(service.url);
    await expect(upload(new Blob([new Uint8Array(BYTES)]))).rejects.toMatchObject({
      code: 'unsupported_format',
    });
    const answer = await service.fetch('/tickets', { method: 'POST', body: '{}' });
    const { url } = z.object({ url: z.string() }).parse(await answer.json());
    expect((await uploadByTicket(url, await large())).links.self).toMatch(/^\/images\//);
  });
});
