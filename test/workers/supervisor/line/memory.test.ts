import { describe, expect, test } from 'vitest';
import type { Work } from '../../../../shared/jobs/records.ts';
import type { Need } from '../../../../shared/queue/hand-off.ts';
import { NEED, newWork } from '../../../helpers/new-work.ts';
import { granted, now, Scene, underFakeTimers } from './scene.ts';

underFakeTimers();

describe('memory', () => {
  const need = (memoryBytes: number): Need => ({ ...NEED, memoryBytes });
  const big = (name: string, memoryBytes: number): Work => ({ ...newWork(name), memoryBytes });
  async function start(scene: Scene, name: string, memoryBytes: number): Promise<void> {
    granted(await scene.line.reserve(need(memoryBytes))).submit(big(name, memoryBytes));
  }

  test('an upload for which there is none waits, smaller ones pass it, and it is next', async () => {
    const scene = new Scene({ workers: 3, memoryBudgetBytes: 1_000 });
    await start(scene, 'a', 600);
    const large = scene.line.reserve(need(500));
    expect(await now(large)).toBe('waiting');
    await start(scene, 'small', 400);
    expect(scene.started).toEqual(['a', 'small']);
    scene.idle++;
    scene.line.ran(big('a', 600), 10);
    granted(await large).submit(big('large', 500));
    expect(scene.started).toEqual(['a', 'small', 'large']);
  });

  test('what is reserved is taken, and given back when it is released', async () => {
    const scene = new Scene({ workers: 2, memoryBudgetBytes: 1_000 });
    const first = granted(await scene.line.reserve(need(600)));
    const second = scene.line.reserve(need(500));
    expect(await now(second)).toBe('waiting');
    first.release();
    granted(await second).release();
  });

  test('accepted work is not passed', async () => {
    const scene = new Scene({ workers: 2, queueDepth: 3, memoryBudgetBytes: 1_000 });
    await start(scene, 'a', 600);
    scene.line.addBacklog(big('large', 500));
    const small = scene.line.reserve(need(100));
    granted(await small).submit(big('small', 100));
    expect(scene.started).toEqual(['a']);
    scene.idle++;
    scene.line.ran(big('a', 600), 10);
    expect(scene.started).toEqual(['a', 'large', 'small']);
  });

  test('of the batch lane takes what fits', async () => {
    const scene = new Scene({ workers: 3, memoryBudgetBytes: 1_000 });
    await start(scene, 'a', 600);
    scene.line.addBacklog({ ...big('large', 500), isBatch: true });
    scene.line.addBacklog({ ...big('small', 400), isBatch: true });
    expect(scene.started).toEqual(['a', 'small']);
  });

  test('what was accepted when there was more runs alone', async () => {
    const scene = new Scene({ workers: 2, memoryBudgetBytes: 1_000 });
    scene.line.addBacklog(big('huge', 5_000));
    expect(scene.started).toEqual(['huge']);
    const small = scene.line.reserve(need(1));
    expect(await now(small)).toBe('waiting');
    scene.idle++;
    scene.line.ran(big('huge', 5_000), 10);
    granted(await small).release();
  });
});
