import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newJobId } from '../../shared/domain/ids.ts';
import { imagePath } from '../../testdata/expected.ts';
import { writeApiKeys } from '../helpers/api-keys.ts';
import { EventReader } from '../helpers/event-reader.ts';
import { eventually } from '../helpers/eventually.ts';
import { ownFolder } from '../helpers/own-folder.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { freezeWorkers, thaw } from '../helpers/processes.ts';
import { PROFILE } from '../helpers/profile.ts';
import { scrape } from '../helpers/scrape.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { endOf, upload } from '../helpers/upload.ts';

const PHOTO = imagePath('testimage_small.jpg');
const TINY = imagePath('tiny_1x1.png');

const openStreams = async (service: RunningService) =>
  (await scrape(service)).get('darkroom_event_streams')?.value;

describe('the events of a job', () => {
  let service: RunningService;
  beforeAll(async () => {
    service = await startService({ env: { N_WORKERS: '1' } });
  });
  afterAll(() => service[Symbol.asyncDispose]());

  it('are its state, what it comes to, what its worker does, and an end', async () => {
    const workers = await freezeWorkers(service);
    const accepted = await upload(service, PHOTO);
    await using reader = await EventReader.open(service, `${accepted.links.job}/events`);
    expect(Object.fromEntries(reader.answer.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    await reader.told(accepted.id, 'running');
    for (const pid of workers) thaw(pid);
    await reader.ended;
    expect(reader.jobs.at(-1)).toEqual({
      jobId: accepted.links.job.replace('/jobs/', ''),
      imageId: accepted.id,
      tenant: 'default',
      status: 'succeeded',
      failure: null,
      updatedAt: expect.any(String),
      links: { job: accepted.links.job, image: accepted.links.self },
    });
    const states = reader.jobs.map(({ status }) => status);
    expect(states.slice(-2)).toEqual(['running', 'succeeded']);
    expect(reader.steps).toEqual(['decode', 'resize', 'describe', 'encode']);
    const ids = reader.events.flatMap(({ id }) => (id === undefined ? [] : Number(id)));
    expect(ids).toEqual(ids.toSorted((one, other) => one - other));
    expect(reader.retries[0]).toBeGreaterThan(0);
  });

  it('are its end alone when it has ended; and whoever has seen that need not come again', async () => {
    const accepted = await upload(service, imagePath('truncated.png'));
    await endOf(service, accepted);
    const path = `${accepted.links.job}/events`;
    await using late = await EventReader.open(service, path);
    await late.ended;
    expect(late.jobs).toMatchObject([{ status: 'failed', failure: 'image_unreadable' }]);
    const again = await service.fetch(path, { headers: { 'last-event-id': late.lastId ?? '' } });
    expect(again.status).toBe(204);
    await using confused = await EventReader.open(service, path, { 'last-event-id': 'what?' });
    await confused.ended;
    expect(confused.jobs).toEqual(late.jobs);
  });

  it('are none of a job that is not there, and to ask for the head opens nothing', async () => {
    await expectProblem(await service.fetch(`/jobs/${newJobId()}/events`), 'not_found');
    await expectProblem(await service.fetch('/jobs/nothing/events'), 'not_found');
    const head = await service.fetch('/events', { method: 'HEAD' });
    expect(head.headers.get('content-type')).toBe('text/event-stream');
    expect(await openStreams(service)).toBe(0);
  });
});

describe('the events of all jobs', () => {
  let service: RunningService;
  beforeAll(async () => {
    service = await startService({ env: { N_WORKERS: '1' } });
  });
  afterAll(() => service[Symbol.asyncDispose]());

  it('tell of each job, and go on where a client was', async () => {
    await using reader = await EventReader.open(service, '/events');
    const first = await upload(service, TINY);
    await reader.told(first.id, 'succeeded');
    await reader[Symbol.asyncDispose]();
    const seen = { 'last-event-id': reader.lastId ?? '' };
    const good = await upload(service, TINY);
    await endOf(service, good);
    const bad = await upload(service, imagePath('truncated.png'));
    await endOf(service, bad);
    await using next = await EventReader.open(service, '/events', seen);
    await next.told(bad.id, 'failed');
    const told = next.jobs.filter(({ imageId }) => imageId !== first.id);
    expect(told).toMatchObject([
      { imageId: good.id, status: 'succeeded' },
      { imageId: bad.id, status: 'failed' },
    ]);
    const after = await upload(service, TINY);
    await next.told(after.id, 'succeeded');
    expect(next.events.map(({ event }) => event)).not.toContain('reset');
  });

  it('say that a client has to read anew which comes from a time that nobody knows', async () => {
    await using reader = await EventReader.open(service, '/events', { 'last-event-id': '999999999999' });
    await eventually('reset', () => reader.events.some(({ event }) => event === 'reset'));
    const { id } = await upload(service, TINY);
    await reader.told(id, 'succeeded');
    expect(Number(reader.lastId)).toBeLessThan(999_999_999_999);
  });

  it('come to an end when a client leaves', async () => {
    const reader = await EventReader.open(service, '/events');
    expect(await openStreams(service)).toBe(1);
    await reader[Symbol.asyncDispose]();
    await eventually('the end of the stream', async () => (await openStreams(service)) === 0);
  });
});

it('a tenant is told of its own jobs, and an operator of all', async () => {
  const path = join(await ownFolder(), 'keys.json');
  const keys = await writeApiKeys(path, {
    shop: { tenant: 'shop', scopes: ['upload', 'read'] },
    other: { tenant: 'other', scopes: ['upload', 'read'] },
    boss: { tenant: 'ops', scopes: ['read', 'admin'] },
  });
  await using service = await startService({
    env: { API_KEYS_FILE: path, N_WORKERS: '1', MAX_EVENT_STREAMS: '5' },
  });
  await using shop = await EventReader.open(service, '/events', keys.shop);
  await using other = await EventReader.open(service, '/events', keys.other);
  await using boss = await EventReader.open(service, '/events?tenant=*', keys.boss);
  await expectProblem(await service.fetch('/events?tenant=*', { headers: keys.shop }), 'not_allowed');
  await expectProblem(await service.fetch('/events?tenant=shop', { headers: keys.boss }), 'bad_parameter');
  await expectProblem(await service.fetch('/events'), 'no_key');

  const theirs = await upload(service, TINY, keys.shop);
  const foreign = await upload(service, TINY, keys.other);
  for (const { id } of [theirs, foreign]) await boss.told(id, 'succeeded');
  await shop.told(theirs.id, 'succeeded');
  await other.told(foreign.id, 'succeeded');
  expect(new Set(shop.jobs.map(({ imageId }) => imageId))).toEqual(new Set([theirs.id]));
  expect(new Set(other.jobs.map(({ imageId }) => imageId))).toEqual(new Set([foreign.id]));
  await expectProblem(
    await service.fetch(`${theirs.links.job}/events`, { headers: keys.other }),
    'not_found',
  );

  // Half of five, rounded up, is what one tenant may have.
  await using _second = await EventReader.open(service, '/events', keys.shop);
  const third = await EventReader.open(service, '/events', keys.shop);
  const refused = await service.fetch('/events', { headers: keys.shop });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  await expectProblem(refused, 'too_many_streams');
  await expectProblem(await service.fetch('/events', { headers: keys.other }), 'too_many_streams');
  await third[Symbol.asyncDispose]();
  await eventually('room', async () => {
    await using again = await EventReader.open(service, '/events', keys.other);
    return again.answer.status === 200;
  });
});

it('a drain ends streams at once, and tells clients when to come again', async () => {
  await using service = await startService({ env: { N_WORKERS: '1', DRAIN_TIMEOUT_MS: '20000' } });
  const readers = await Promise.all([1, 2, 3].map(() => EventReader.open(service, '/events')));
  const begin = performance.now();
  service.process.kill('SIGTERM');
  await Promise.all(readers.map((reader) => reader.ended));
  expect(await service.exited).toEqual({ code: 0, signal: null });
  expect(performance.now() - begin).toBeLessThan(10_000);
  for (const { retries } of readers) expect(retries).toHaveLength(2);
  expect(new Set(readers.map(({ retries }) => retries[1])).size).toBeGreaterThan(1);
});

it.skipIf(PROFILE === 'cluster')('nothing is lost when the service is killed', async () => {
  await using killed = await startService({ env: { N_WORKERS: '1', QUEUE_DEPTH: '3' } });
  await using reader = await EventReader.open(killed, '/events');
  await freezeWorkers(killed);
  const running = await upload(killed, TINY);
  await reader.told(running.id, 'running');
  const waiting = await upload(killed, TINY);
  await reader.told(waiting.id, 'queued');
  killed.process.kill('SIGKILL');
  await reader.ended;

  await using service = await startService({ folder: killed.folder, env: { N_WORKERS: '1' } });
  await using next = await EventReader.open(service, '/events', { 'last-event-id': reader.lastId ?? '' });
  for (const { id } of [running, waiting]) await next.told(id, 'succeeded');
  expect(next.events.map(({ event }) => event)).not.toContain('reset');
});
