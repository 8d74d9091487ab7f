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
