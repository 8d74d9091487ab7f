import { describe, expect, test } from 'vitest';
import type { Need } from '../../../../shared/queue/hand-off.ts';
import { NEED, newWork } from '../../../helpers/new-work.ts';
import { granted, Scene, submit, underFakeTimers } from './scene.ts';

underFakeTimers();

describe('the batch lane', () => {
  const BATCH: Need = { ...NEED, isBatch: true };
  const batchWork = (name: string) => newWork(name, false, true);

  test('takes an upload while every worker is busy, and runs it when nobody wants the worker', async () => {
    const scene = new Scene();
    await scene.upload('a');
    granted(await scene.line.reserve(BATCH)).submit(batchWork('batch'));
    const upload = scene.line.reserve(NEED);
    scene.finish();
    submit(await upload, 'b');
    expect(scene.started).toEqual(['a', 'b']);
    scene.finish();
    expect(scene.started).toEqual(['a', 'b', 'batch']);
  });

  test('refuses at once what is beyond its depth, and does not have it read', async () => {
    const scene = new Scene({ batchDepth: 2 }, 0);
    for (const name of ['a', 'b']) {
      expect(scene.line.isWorthReading(BATCH)).toBe(true);
      granted(await scene.line.reserve(BATCH)).submit(batchWork(name));
    }
    expect(scene.line.isWorthReading(BATCH)).toBe(false);
    expect(await scene.line.reserve(BATCH)).toBe('busy');
    scene.workerReady();
    granted(await scene.line.reserve(BATCH)).release();
  });
});

test('a suspect of the batch lane keeps nobody from it', async () => {
  const scene = new Scene({ workers: 3 });
  await scene.upload('a');
  scene.line.addBacklog(newWork('suspect', true, true));
  scene.batch('batch');
  expect(scene.started).toEqual(['a']);
  scene.fresh = 1;
  scene.finish();
  expect(scene.started).toEqual(['a', 'suspect']);
  scene.finish();
  expect(scene.started).toEqual(['a', 'suspect', 'batch']);
});

describe('what is made anew', () => {
  test('runs one after the other on a worker that nobody wants', () => {
    const scene = new Scene();
    scene.batch('a', 'b', 'c');
    for (let run = 0; run < 3; run++) scene.finish();
    expect(scene.started).toEqual(['a', 'b', 'c']);
  });

  test('waits for the backlog, however long that is', () => {
    const scene = new Scene({}, 0);
    scene.batch('anew');
    scene.backlog('b1', 'b2', 'b3');
    scene.workerReady();
    for (let run = 0; run < 3; run++) scene.finish();
    expect(scene.started).toEqual(['b1', 'b2', 'b3', 'anew']);
  });

  test('waits for the uploads, those in a place and those that wait for a worker', async () => {
    const scene = new Scene({ queueDepth: 1 }, 0);
    scene.batch('anew');
    await scene.upload('placed');
    const waiting = scene.line.reserve(NEED);
    scene.workerReady();
    submit(await waiting, 'next');
    scene.finish();
    expect(scene.started).toEqual(['placed', 'next']);
    scene.finish();
    expect(scene.started).toEqual(['placed', 'next', 'anew']);
  });

  test('leaves a worker free, so that an upload that comes is served at once', async () => {
    const scene = new Scene({ workers: 3 });
    scene.batch('a', 'b', 'c', 'd');
    expect(scene.started).toEqual(['a', 'b']);
    await scene.upload('fresh');
    expect(scene.started).toEqual(['a', 'b', 'fresh']);
    scene.finish();
    expect(scene.started, 'one of three is free').toHaveLength(3);
    scene.finish();
    expect(scene.started).toEqual(['a', 'b', 'fresh', 'c']);
  });

  test('leaves a reserved worker to who holds it', async () => {
    const scene = new Scene({ workers: 2 });
    const reservation = granted(await scene.line.reserve(NEED));
    scene.batch('anew');
    expect(scene.started).toEqual([]);
    reservation.release();
    expect(scene.started).toEqual(['anew']);
  });

  test('takes no place from the uploads', async () => {
    const scene = new Scene({ queueDepth: 1 }, 0);
    scene.batch('x', 'y', 'z');
    await scene.upload('fresh');
  });

  test('runs alone on a fresh worker when it has killed one, and no upload waits for that', async () => {
    const scene = new Scene({ workers: 2 });
    scene.line.addBacklog(newWork('suspect', true, true));
    scene.batch('anew');
    expect(scene.started).toEqual([]);
    await scene.upload('fresh');
    scene.fresh = 1;
    scene.workerReady();
    expect(scene.started, 'it is not alone').toEqual(['fresh']);
    scene.finish();
    expect(scene.started).toEqual(['fresh', 'suspect']);
    scene.finish();
    expect(scene.started).toEqual(['fresh', 'suspect', 'anew']);
  });

  test('does not run beside a suspect of the backlog, nor before it', async () => {
    const scene = new Scene({ workers: 3 });
    await scene.upload('fresh');
    scene.line.addBacklog(newWork('suspect', true));
    scene.batch('anew');
    expect(scene.started, 'the suspect waits for the upload to end').toEqual(['fresh']);
    scene.fresh = 1;
    scene.finish();
    expect(scene.started).toEqual(['fresh', 'suspect']);
    scene.finish();
    expect(scene.started).toEqual(['fresh', 'suspect', 'anew']);
  });
});
