import { describe, expect, test } from 'vitest';
import { NEED, newWork } from '../../../helpers/new-work.ts';
import { granted, Scene, submit, underFakeTimers } from './scene.ts';

underFakeTimers();

describe('a reservation', () => {
  test('that is released goes to who waits', async () => {
    const scene = new Scene();
    const first = granted(await scene.line.reserve(NEED));
    const second = scene.line.reserve(NEED);
    first.release();
    submit(await second, 'b');
    expect(scene.started).toEqual(['b']);
  });

  test('that is released goes to the backlog where no upload waits', async () => {
    const scene = new Scene();
    const reservation = granted(await scene.line.reserve(NEED));
    scene.backlog('old');
    expect(scene.started).toEqual([]);
    reservation.release();
    expect(scene.started).toEqual(['old']);
  });

  test.each(['submit', 'release'] as const)('throws when it is used again after %s', async (first) => {
    const scene = new Scene();
    const reservation = granted(await scene.line.reserve(NEED));
    if (first === 'submit') reservation.submit(newWork('a'));
    else reservation.release();
    expect(() => reservation.submit(newWork('b'))).toThrow('used once');
    expect(() => reservation.release()).toThrow('used once');
    expect(scene.started).toEqual(first === 'submit' ? ['a'] : []);
  });

  test('whose worker died meanwhile puts its work before all of the backlog', async () => {
    const scene = new Scene();
    const reservation = granted(await scene.line.reserve(NEED));
    scene.backlog('old', 'older');
    scene.idle--;
    reservation.submit(newWork('fresh'));
    expect(scene.started).toEqual([]);
    scene.workerReady();
    scene.finish();
    scene.finish();
    expect(scene.started).toEqual(['fresh', 'old', 'older']);
  });
});

describe('a closed line', () => {
  test('tells those that wait and those that come that the service drains', async () => {
    const scene = new Scene({}, 0);
    const waiting = scene.line.reserve(NEED);
    scene.line.close();
    expect(await waiting).toBe('draining');
    expect(await scene.line.reserve(NEED)).toBe('draining');
  });

  test('starts nothing more: neither backlog, nor places, nor what was reserved before', async () => {
    const scene = new Scene({ workers: 2, queueDepth: 1 });
    const held = [granted(await scene.line.reserve(NEED)), granted(await scene.line.reserve(NEED))];
    const place = granted(await scene.line.reserve(NEED));
    scene.backlog('old');
    scene.line.close();
    for (const reservation of held) reservation.submit(newWork('held'));
    place.submit(newWork('placed'));
    scene.line.advance();
    expect(scene.started).toEqual([]);
  });

  test('lets a reservation be given back', async () => {
    const scene = new Scene();
    const reservation = granted(await scene.line.reserve(NEED));
    scene.line.close();
    reservation.release();
    expect(scene.started).toEqual([]);
  });
});
