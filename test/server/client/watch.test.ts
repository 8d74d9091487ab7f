import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { darkroom } from '../../../server/client/client.ts';
import { WatchRefused } from '../../../server/client/watch.ts';

const JOB = '5f0c7a52-0000-4000-8000-000000000000';

const job = (id: number, status: string) =>
  `id: ${id}\nevent: job\ndata: ${JSON.stringify({ jobId: JOB, status })}\n\n`;
const step = (name: string) => `event: step\ndata: ${JSON.stringify({ jobId: JOB, step: name })}\n\n`;

const streamOf = (...pieces: string[]) =>
  new Response(pieces.join(''), { headers: { 'content-type': 'text/event-stream' } });

/** A service that gives these answers, one after the other. */
function serviceOf(...answers: (Response | Error)[]) {
  const asked: { path: string; headers: Headers }[] = [];
  const fetched: typeof fetch = async (url, init) => {
    asked.push({ path: new URL(String(url)).pathname, headers: new Headers(init?.headers) });
    const answer = answers.shift() ?? new Error('nothing more was to be asked');
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { client: darkroom('http://darkroom.test', { key: 'dk_test', fetch: fetched }), asked };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** All events, while the time between two streams goes by at once; and the pauses between these. */
async function watched({ client }: ReturnType<typeof serviceOf>) {
  const seen: string[] = [];
  const pauses: number[] = [];
  const onRetry = (ms: number) => {
    pauses.push(ms);
    setImmediate(() => vi.advanceTimersByTime(ms));
  };
  for await (const event of client.watch(JOB, { onRetry }))
    seen.push(event.type === 'job' ? event.status : event.step);
  return { seen, pauses };
}

test('a job is watched to its end', async () => {
  const service = serviceOf(
    streamOf(
      'retry: 50\n\n',
      job(1, 'running'),
      step('decode'),
      ': beat\n\n',
      job(2, 'succeeded'),
      job(9, 'x'),
    ),
  );
  expect(await watched(service)).toEqual({ seen: ['running', 'decode', 'succeeded'], pauses: [] });
  const [first] = service.asked;
  expect(first?.path).toBe(`/jobs/${JOB}/events`);
  expect(first?.headers.get('authorization')).toBe('Bearer dk_test');
  expect(first?.headers.has('last-event-id')).toBe(false);
});

test('where a stream breaks off, the next one goes on from its last event, when the service said', async () => {
  const service = serviceOf(
    streamOf('retry: 70\n\n', job(5, 'running'), 'id: 6\nevent: job\ndata: {"half'),
    new Error('no connection'),
    Response.json({ code: 'too_many_streams' }, { status: 503, headers: { 'retry-after': '4' } }),
    streamOf(job(7, 'failed')),
  );
  expect(await watched(service)).toEqual({ seen: ['running', 'failed'], pauses: [70, 70, 4_000] });
  expect(service.asked.map(({ headers }) => headers.get('last-event-id'))).toEqual([null, '5', '5', '5']);
});

test('where nothing comes of it, the pauses grow', async () => {
  const broken = Array.from({ length: 7 }, () => new Error('no connection'));
  const service = serviceOf(...broken, streamOf(job(1, 'cancelled')));
  expect((await watched(service)).pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

test('a stream that is silent is given up', async () => {
  const silent: typeof fetch = async (_url, init) => {
    const body = new ReadableStream({
      start: (controller) =>
        init?.signal?.addEventListener('abort', () => controller.error(new Error('gone'))),
    });
    return new Response(body);
  };
  const answers = [silent, async () => streamOf(job(1, 'succeeded'))];
  const fetched: typeof fetch = (url, init) => (answers.shift() ?? silent)(url, init);
  const watching = darkroom('http://darkroom.test', { fetch: fetched }).watch(JOB);
  const first = watching.next();
  await vi.advanceTimersByTimeAsync(44_000);
  expect(answers).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(3_000);
  expect((await first).value).toMatchObject({ status: 'succeeded' });
});

test('what is no job is refused, and not asked for again', async () => {
  const service = serviceOf(Response.json({ code: 'not_found' }, { status: 404 }));
  const failure = await watched(service).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(WatchRefused);
  expect(failure).toMatchObject({ status: 404 });
});

test('who has seen the end is told that there is nothing more', async () => {
  const service = serviceOf(new Response(null, { status: 204 }));
  expect(await watched(service)).toEqual({ seen: [], pauses: [] });
});

test('an abort ends it', async () => {
  const leaving = new AbortController();
  const service = serviceOf(streamOf(job(1, 'running')), new Error('no connection'));
  const watching = service.client.watch(JOB, { signal: leaving.signal });
  expect((await watching.next()).value).toMatchObject({ status: 'running' });
  const next = watching.next();
  leaving.abort(new Error('enough'));
  await expect(next).rejects.toThrow('enough');
});
