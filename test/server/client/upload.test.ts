import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { darkroom } from '../../../server/client/client.ts';
import { UploadRefused } from '../../../server/client/upload.ts';

const PICTURE = new Blob([new Uint8Array(300_000)], { type: 'image/png' });
const ACCEPTED = { id: 'an image', status: 'queued', links: { self: '/images/x', job: '/jobs/y' } };

const refusal = (status: number, code: string, headers: Record<string, string> = {}) =>
  Response.json({ code, detail: 'Not now.' }, { status, headers });

/** A service that gives these answers, one after the other, and reads what is sent. */
function serviceOf(...answers: (Response | Error)[]) {
  const requests: { url: URL; headers: Headers; bytes: number }[] = [];
  const fetched: typeof fetch = async (url, init) => {
    const bytes = (await new Response(init?.body ?? null).arrayBuffer()).byteLength;
    requests.push({ url: new URL(String(url)), headers: new Headers(init?.headers), bytes });
    const answer = answers.shift() ?? new Error('nothing more was to be asked');
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { client: darkroom('http://darkroom.test', { key: 'dk_test', fetch: fetched }), requests };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** What becomes of it while the time that it waits for goes by at once. */
async function inTime<T>(promise: Promise<T>): Promise<T> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  promise.then(over, over);
  while (!isOver) {
    await new Promise((turn) => setImmediate(turn));
    vi.runAllTimers();
  }
  return promise;
}

test('an upload says who asks, what it is, and how it is to be taken', async () => {
  const { client, requests } = serviceOf(Response.json(ACCEPTED));
  const options = {
    preset: 'listing',
    metadata: { title: 'A chair' },
    focus: { x: 0.25, y: 0.5 },
    lane: 'batch',
    waitSeconds: 10,
    idempotencyKey: 'mine',
  } as const;
  expect(await inTime(client.upload(PICTURE, options))).toEqual(ACCEPTED);
  const [request] = requests;
  expect(request?.url.pathname).toBe('/upload');
  expect(Object.fromEntries(request?.url.searchParams ?? [])).toEqual({
    preset: 'listing',
    metadata: '{"title":"A chair"}',
    focus: '0.25,0.5',
    lane: 'batch',
  });
  expect(Object.fromEntries(request?.headers ?? [])).toMatchObject({
    authorization: 'Bearer dk_test',
    'content-type': 'image/png',
    'idempotency-key': 'mine',
    prefer: 'wait=10',
  });
  expect(request?.bytes).toBe(PICTURE.size);
});

test('a ticket is sent as it is, and no key with it', async () => {
  const { client, requests } = serviceOf(Response.json(ACCEPTED));
  await inTime(client.uploadByTicket('/upload?ticket=t', new Uint8Array(3)));
  expect(requests[0]?.url.href).toBe('http://darkroom.test/upload?ticket=t');
  expect(requests[0]?.headers.has('authorization')).toBe(false);
});

test('progress goes from nothing to all', async () => {
  const { client } = serviceOf(Response.json(ACCEPTED));
  const sent: number[] = [];
  await inTime(client.upload(PICTURE, { onProgress: (bytes) => sent.push(bytes) }));
  expect(sent[0]).toBe(0);
  expect(sent.at(-1)).toBe(PICTURE.size);
  expect(sent.toSorted((one, other) => one - other)).toEqual(sent);
  expect(sent.length).toBeGreaterThan(2);
});

describe('what may be accepted later is tried again, under the same key', () => {
  test.for([
    ['503 says when', () => refusal(503, 'no_worker', { 'retry-after': '7' }), 7_000, 7_000],
    ['429 says when', () => refusal(429, 'rate_limited', { 'retry-after': '30' }), 30_000, 30_000],
    ['503 says nothing', () => refusal(503, 'draining'), 250, 500],
    [
      'the first is still on its way',
      () => refusal(409, 'key_in_flight', { 'retry-after': '1' }),
      1_000,
      1_000,
    ],
    ['the connection breaks off', () => new TypeError('fetch failed'), 250, 500],
  ] as const)('%s', async ([, answer, least, most]) => {
    const { client, requests } = serviceOf(answer(), Response.json(ACCEPTED));
    const pauses: number[] = [];
    expect(await inTime(client.upload(PICTURE, { onRetry: (ms) => pauses.push(ms) }))).toEqual(ACCEPTED);
    expect(pauses).toHaveLength(1);
    expect(pauses[0]).toBeGreaterThanOrEqual(least);
    expect(pauses[0]).toBeLessThanOrEqual(most);
    const [first, second] = requests.map(({ headers }) => headers.get('idempotency-key'));
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect(second).toBe(first);
  });
});

describe('it ends', () => {
  test('at once where the picture is refused for good, by the name of the refusal', async () => {
    const { client, requests } = serviceOf(refusal(415, 'unsupported_format'));
    const refused = inTime(client.upload(PICTURE));
    await expect(refused).rejects.toThrow(UploadRefused);
    await expect(refused).rejects.toMatchObject({
      status: 415,
      code: 'unsupported_format',
      message: 'Not now.',
    });
    expect(requests).toHaveLength(1);
  });

  test('when its patience is at an end', async () => {
    const always = Array.from({ length: 100 }, () => refusal(503, 'no_worker', { 'retry-after': '10' }));
    const { client, requests } = serviceOf(...always);
    await expect(inTime(client.upload(PICTURE, { patienceMs: 35_000 }))).rejects.toMatchObject({
      status: 503,
    });
    expect(requests).toHaveLength(4);
  });

  test('when it is told to, while it waits', async () => {
    const { client, requests } = serviceOf(refusal(503, 'no_worker', { 'retry-after': '60' }));
    const stop = new AbortController();
    const upload = client.upload(PICTURE, {
      signal: stop.signal,
      onRetry: () => stop.abort(new Error('enough')),
    });
    await expect(inTime(upload)).rejects.toThrow('enough');
    expect(requests).toHaveLength(1);
  });
});
