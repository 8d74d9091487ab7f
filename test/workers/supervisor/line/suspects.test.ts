import { describe, expect, test } from 'vitest';
import { NEED, newWork } from '../../../helpers/new-work.ts';
import { now, Scene, submit, underFakeTimers } from './scene.ts';

underFakeTimers();

describe('a suspect', () => {
  test('runs alone: it waits for the others to end, and the others for it', async () => {
    const scene = new Scene({ workers: 2 });
    scene.fresh = 1;
    await scene.upload('a');
    scene.line.addBacklog(newWork('suspect', true));
    const waiting = scene.line.reserve(NEED);
    expect(scene.started).toEqual(['a']);
    expect(await now(waiting)).toBe('waiting');
    scene.finish();
    expect(scene.started).toEqual(['a', 'suspect']);
    expect(await now(waiting)).toBe('waiting');
    scene.finish();
    submit(await waiting, 'b');
    expect(scene.started).toEqual(['a', 'suspect', 'b']);
  });

  test('waits for a fresh worker', () => {
    const scene = new Scene({ workers: 2 });
    scene.line.addBacklog(newWork('suspect', true));
    expect(scene.started).toEqual([]);
    scene.fresh = 1;
    scene.workerReady();
    expect(scene.started).toEqual(['suspect']);
  });

  test('does not keep the uploads out, however many there are of it', async () => {
    const scene = new Scene();
    scene.fresh = 10;
    for (let index = 0; index < 5; index++) scene.line.addBacklog(newWork(`s${index}`, true));
    const upload = scene.line.reserve(NEED);
    for (let run = 0; run < 2 && (await now(upload)) === 'waiting'; run++) scene.finish();
    submit(await upload, 'fresh');
    expect(scene.started.at(-1)).toBe('fresh');
  });
});
