import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { darkroom } from '../../server/client/client.ts';
import { imagePath } from '../../testdata/expected.ts';
import { startService } from '../helpers/service.ts';

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
