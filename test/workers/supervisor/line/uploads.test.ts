import { describe, expect, test, vi } from 'vitest';
import { NEED, newWork } from '../../../helpers/new-work.ts';
import { granted, HAND_OFF_TIMEOUT_MS, now, Scene, submit, underFakeTimers } from './scene.ts';

underFakeTimers();

describe('a pure hand-off, with a depth of 0', () => {
  test('an idle worker is reserved at once, and starts what is submitted', async () => {
    const scene = new Scene();
    const reservation = granted(await scene.line.reserve(NEED));
    expect(scene.started).toEqual([]);
    reservation.submit(newWork('a'));
    expect(scene.started).toEqual(['a']);
    expect(scene.line.running).toBe(1);
  });

  test('with no worker free an upload is refused as busy at the end of the hand-off time, not before', async () => {
    const scene = new Scene({}, 0);
    const answer = scene.line.reserve(NEED);
    await vi.advanceTimersByTimeAsync(HAND_OFF_TIMEOUT_MS - 1);
    expect(await now(answer)).toBe('waiting');
    await vi.advanceTimersByTimeAsync(1);
    expect(await answer).toBe('busy');
  });

  test('a reserved worker is not free for another upload', async () => {
    const scene = new Scene();
    await scene.line.reserve(NEED);
    const second = scene.line.reserve(NEED);
    await vi.advanceTimersByTimeAsync(HAND_OFF_TIMEOUT_MS);
    expect(await second).toBe('busy');
  });

  test('a waiting upload gets the worker that comes free in time', async () => {
    const scene = new Scene();
    await scene.upload('a');
    const second = scene.line.reserve(NEED);
    expect(await now(second)).toBe('waiting');
    scene.finish();
    submit(await second, 'b');
    expect(scene.started).toEqual(['a', 'b']);
  });

  test('a waiting upload gets the worker that becomes ready in time', async () => {
    const scene = new Scene({}, 0);
    const waiting = scene.line.reserve(NEED);
    scene.workerReady();
    submit(await waiting, 'a');
    expect(scene.started).toEqual(['a']);
  });

  test('uploads are served in the order of their coming', async () => {
    const scene = new Scene({}, 0);
    const [first, second] = [scene.line.reserve(NEED), scene.line.reserve(NEED)];
    scene.workerReady();
    expect(await now(second)).toBe('waiting');
    submit(await first, 'a');
    scene.finish();
    submit(await second, 'b');
    expect(scene.started).toEqual(['a', 'b']);
  });

  test('one that was refused takes no worker later', async () => {
    const scene = new Scene({}, 0);
    const refused = scene.line.reserve(NEED);
    await vi.advanceTimersByTimeAsync(HAND_OFF_TIMEOUT_MS);
    expect(await refused).toBe('busy');
    scene.workerReady();
    await scene.upload('b');
    expect(scene.started).toEqual(['b']);
  });

  test('a spare worker does not let more run than may', async () => {
    const scene = new Scene({ workers: 1 }, 2);
    await scene.upload('a');
    expect(await now(scene.line.reserve(NEED))).toBe('waiting');
    await vi.advanceTimersByTimeAsync(HAND_OFF_TIMEOUT_MS);
    expect(scene.started).toEqual(['a']);
  });

  test('without any workers an upload is refused at once', async () => {
    const scene = new Scene({}, 0);
    scene.alive = false;
    expect(await scene.line.reserve(NEED)).toBe('no_workers');
  });
});

describe('places, with a depth above 0', () => {
  test('as many uploads are let in at once as there are idle workers and places', async () => {
    const scene = new Scene({ workers: 2, queueDepth: 3 });
    const answers = Array.from({ length: 6 }, () => scene.line.reserve(NEED));
    const seen = await Promise.all(answers.map(now));
    expect(seen.map((answer) => typeof answer)).toEqual([...Array(5).fill('object'), 'string']);
    await vi.advanceTimersByTimeAsync(HAND_OFF_TIMEOUT_MS);
    expect(await answers[5]).toBe('busy');
  });

  test('work in a place starts when a worker comes free, in order, and frees its place', async () => {
    const scene = new Scene({ queueDepth: 2 });
    for (const name of ['a', 'b', 'c']) await scene.upload(name);
    expect(scene.started).toEqual(['a']);
    const fourth = scene.line.reserve(NEED);
    expect(await now(fourth)).toBe('waiting');
    scene.finish();
    expect(scene.started).toEqual(['a', 'b']);
    submit(await fourth, 'd');
    scene.finish();
    scene.finish();
    expect(scene.started).toEqual(['a', 'b', 'c', 'd']);
  });

  test('a place that is released lets the next one in', async () => {
    const scene = new Scene({ queueDepth: 1 }, 0);
    const place = granted(await scene.line.reserve(NEED));
    const next = scene.line.reserve(NEED);
    expect(await now(next)).toBe('waiting');
    place.release();
    granted(await next).release();
  });

  test('the backlog takes no place', async () => {
    const scene = new Scene({ queueDepth: 1 }, 0);
    scene.backlog('x', 'y', 'z');
    await scene.upload('fresh');
  });
});
