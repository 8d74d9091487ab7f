import { afterAll, beforeAll, expect, test } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { newPicture } from '../helpers/upload.ts';

const SHOP = 'https://shop.example';

let service: RunningService;
beforeAll(async () => {
  service = await startService({ env: { CORS_ORIGINS: `${SHOP},https://app.shop.example` } });
});
afterAll(() => service[Symbol.asyncDispose]());

const preflight = (origin: string) =>
  service.fetch('/upload', {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    },
  });

test('a script of an origin that is listed may upload, and reads the answer', async () => {
  const asked = await preflight(SHOP);
  expect(asked.status).toBe(204);
  expect(asked.headers.get('access-control-allow-origin')).toBe(SHOP);
  expect(asked.headers.get('access-control-allow-methods')).toContain('POST');
  expect(asked.headers.get('access-control-allow-headers')).toContain('idempotency-key');
  expect(asked.headers.get('vary')).toContain('Origin');

  const headers = { origin: SHOP, 'content-type': 'image/png' };
  const answer = await service.fetch('/upload', {
    method: 'POST',
    body: await newPicture(imagePath('tiny_1x1.png')),
    headers,
  });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('access-control-allow-origin')).toBe(SHOP);
  expect(answer.headers.get('access-control-expose-headers')).toContain('location');
  expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
});

test('it may upload by tus, and reads how far it is and what it has become', async () => {
  const asked = await service.fetch('/files/x', {
    method: 'OPTIONS',
    headers: { origin: SHOP, 'access-control-request-method': 'PATCH' },
  });
  expect(asked.headers.get('access-control-allow-methods')).toContain('PATCH');
  for (const name of [
    'tus-resumable',
    'upload-offset',
    'upload-length',
    'upload-metadata',
    'upload-checksum',
  ])
    expect(asked.headers.get('access-control-allow-headers')).toContain(name);
  const headers = { origin: SHOP, 'tus-resumable': '1.0.0', 'upload-length': '1' };
  const opened = await service.fetch('/files', { method: 'POST', headers });
  expect(opened.headers.get('access-control-allow-origin')).toBe(SHOP);
  const exposed = opened.headers.get('access-control-expose-headers')?.split(',');
  expect(exposed).toEqual(
    expect.arrayContaining(['location', 'upload-offset', 'upload-expires', 'darkroom-image']),
  );
});

test('who asks what of tus is spoken is told, be it a script or not', async () => {
  const answer = await service.fetch('/files', { method: 'OPTIONS', headers: { origin: SHOP } });
  expect(answer.headers.get('tus-version')).toBe('1.0.0');
});

test('it reads a refusal, too, and the answers of any address', async () => {
  const headers = { origin: SHOP };
  for (const path of ['/images/x', '/nothing', '/readyz']) {
    expect((await service.fetch(path, { headers })).headers.get('access-control-allow-origin'), path).toBe(
      SHOP,
    );
  }
  await expectProblem(await service.fetch('/images/x', { headers }), 'not_found');
});

test.each(['https://evil.example', 'https://shop.example.evil.example', 'http://shop.example', 'null'])(
  'a script of %s may not',
  async (origin) => {
    expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBeNull();
    const answer = await service.fetch('/readyz', { headers: { origin } });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(answer.headers.get('vary')).toContain('Origin');
  },
);
