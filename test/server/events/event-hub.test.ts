import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { EventHub } from '../../../server/events/event-hub.ts';
import { followJob, followJobs } from '../../../server/operations/follow-events.ts';
import { DEFAULT_TENANT, newImageId, newJobId } from '../../../shared/domain/ids.ts';
import { ChangeFeed } from '../../../shared/jobs/change-feed.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import type { JobChange } from '../../../shared/jobs/records.ts';
import { recordingLog } from '../../helpers/recording-log.ts';

/** Records in memory that have these changes. */
function records() {
  const changes: JobChange[] = [];
  const changesAfter: JobStore['changesAfter'] = async ({ after, limit }) => ({
    changes: changes.filter(({ change }) => change > after).slice(0, limit),
    last: changes.length,
    begun: 0,
    over: 0,
  });
  const change = (): JobChange => {
    const made: JobChange = {
      id: newJobId(),
      imageId: newImageId(),
      tenant: DEFAULT_TENANT,
      state: 'queued',
      failure: null,
      updatedAt: 0,
      change: changes.length + 1,
    };
    changes.push(made);
    return made;
  };
  const findChange: JobStore['findChange'] = async (id) => changes.find((it) => it.id === id) ?? null;
  const store = { changesAfter, findChange } as JobStore;
  const hub = new EventHub(new ChangeFeed(store, recordingLog().log), store, {
    maxEventStreams: 10,
    isShared: false,
  });
  const erase = () => changes.splice(0);
  return { store, hub, change, erase };
}

async function follow({ hub, store }: ReturnType<typeof records>, seen: number | null = null) {
  const topic = { tenant: DEFAULT_TENANT };
  const cut = vi.fn(() => false);
  const body = await followJobs(hub, store, topic, DEFAULT_TENANT, seen, cut);
  const reader = body.getReader();
  onTestFinished(() => reader.cancel().catch(() => {}));
  const next = async () => {
    const { value, done } = await reader.read();
    if (done) throw new Error('the stream has ended');
    return new TextDecoder().decode(value);
  };
  return { next, cut, reader };
}

afterEach(() => {
  vi.useRealTimers();
});

test('a stream on which nothing comes is told every 15 s that it lives, and up to where', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] });
  const { next } = await follow(records());
  expect(await next()).toMatch(/^retry: \d+\n\nid: 0\n\n$/);
  const beat = next();
  await vi.advanceTimersByTimeAsync(13_000);
  expect(await Promise.race([beat, 'nothing'])).toBe('nothing');
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await beat).toBe(': beat\n\n');
});

test('a reader that takes nothing is cut, and the others are told of everything meanwhile', async () => {
  const all = records();
  const good = await follow(all);
  const bad = await follow(all);
  const made = Array.from({ length: 1_000 }, () => all.change());
  all.hub.changed();
  let told = '';
  while (!told.includes(made.at(-1)?.id ?? '')) told += await good.next();
  for (const { id } of made) expect(told).toContain(id);
  expect(good.cut).not.toHaveBeenCalled();
  expect(bad.cut).toHaveBeenCalledOnce();
  expect(all.hub.size).toBe(1);
});

test('who has missed more than is told again reads anew; who has missed less is told', async () => {
  const all = records();
  for (let count = 0; count < 600; count++) all.change();
  const late = await follow(all, 50);
  expect(await late.next()).toContain('event: reset');
  const inTime = await follow(all, 590);
  const told = await inTime.next();
  expect([...told.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))).toEqual([
    591, 592, 593, 594, 595, 596, 597, 598, 599, 600,
  ]);
});

test('when nobody listens any more, nothing is asked for', async () => {
  const all = records();
  const asked = vi.spyOn(all.store, 'changesAfter');
  const { reader } = await follow(all);
  await reader.cancel();
  const before = asked.mock.calls.length;
  all.hub.changed();
  await new Promise((turn) => setImmediate(turn));
  expect(asked).toHaveBeenCalledTimes(before);
});

test('the stream of a job that is erased ends with the next beat', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] });
  const all = records();
  const { id, tenant } = all.change();
  const body = await followJob(all.hub, all.store, { id, tenant }, null, () => true);
  if (body === null || body === 'over') throw new Error('there is such a job');
  const reader = body.getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toContain('"status":"queued"');
  all.erase();
  await vi.advanceTimersByTimeAsync(15_000);
  expect((await reader.read()).done).toBe(false);
  expect((await reader.read()).done).toBe(true);
});
