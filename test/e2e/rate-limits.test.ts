import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hashOf } from '../../server/access/api-keys.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { dataFolder, type RunningService, startService } from '../helpers/service.ts';

const KEY = 'a-key-of-the-test';

let service: RunningService;

beforeAll(async () => {
  const folder = await dataFolder();
  const path = join(folder, 'keys.json');
  const keys = [{ id: 'shop', hash: hashOf(KEY), scopes: ['upload', 'read', 'admin'] }];
  await writeFile(path, JSON.stringify({ keys }));
  const limits = { REQUESTS_PER_KEY: '5', REQUESTS_PER_ADDRESS: '3', TRUSTED_PROXIES: 'loopback' };
  service = await startService({ folder, env: { API_KEYS_FILE: path, ...limits } });
});
afterAll(() => service[Symbol.asyncDispose]());

const jobs = (client: string, key?: string) =>
  fetch(`${service.url}/jobs`, {
    headers: { 'x-forwarded-for': client, ...(key && { authorization: `Bearer ${key}` }) },
  });

test('whoever guesses at keys is refused, by address, and others are not', async () => {
  for (const left of [2, 1, 0]) {
    const answer = await jobs('192.0.2.1', 'wrong');
    await expectProblem(answer, 'no_key');
    expect(answer.headers.get('ratelimit')).toMatch(new RegExp(`^"address";r=${left};t=\\d+$`));
    expect(answer.headers.get('ratelimit-policy')).toBe('"address";q=3;w=60');
  }
  const refused = await jobs('192.0.2.1', 'wrong');
  await expectProblem(refused, 'rate_limited');
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  await expectProblem(await jobs('192.0.2.2'), 'no_key');
  // Nor who has a key and comes from there.
  expect((await jobs('192.0.2.1', KEY)).status).toBe(200);
});

test('a key has its own count, and what is public has none', async () => {
  for (let used = 1; used < 5; used++) expect((await jobs(`192.0.2.${used}`, KEY)).status).toBe(200);
  await expectProblem(await jobs('192.0.2.9', KEY), 'rate_limited');
  const probe = await fetch(`${service.url}/livez`, { headers: { 'x-forwarded-for': '192.0.2.1' } });
  expect(probe.status).toBe(200);
  expect(probe.headers.get('ratelimit')).toBeNull();
});

test('the line of a request names the client', () => {
  const lines = service.lines.filter(({ msg, path }) => msg === 'request' && path === '/jobs');
  expect(new Set(lines.map(({ client }) => client))).toContain('192.0.2.9');
});
