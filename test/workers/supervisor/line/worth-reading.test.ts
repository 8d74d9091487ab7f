import { describe, expect, test, vi } from 'vitest';
import type { LineLimits } from '../../../../workers/supervisor/line-limits.ts';
import { NEED } from '../../../helpers/new-work.ts';
import { Scene, underFakeTimers } from './scene.ts';

underFakeTimers();

describe('an upload is worth reading', () => {
  const HAND_OFF_MS = 1_600;

  /** Workers that are all at work, after runs of a known length. */
  async function busyScene(limits: Partial<LineLimits>, runMs: number): Promise<Scene> {
    const scene = new Scene({ handOffTimeoutMs: HAND_OFF_MS, ...limits });
    for (let run = 0; run < 50; run++) {
      await scene.upload('before');
      scene.finish(runMs);
    }
    for (let worker = 0; worker < (limits.workers ?? 1); worker++) await scene.upload('now');
    return scene;
  }

  function come(scene: Scene): number {
    let read = 0;
    for (let upload = 0; upload < 1_000; upload++) {
      if (!scene.line.isWorthReading(NEED)) continue;
      scene.line.comes(NEED.tenant);
      read++;
    }
    return read;
  }

  test('always, while a worker is free', () => {
    expect(come(new Scene())).toBe(1_000);
  });

  test('always, while there is a place', async () => {
    const scene = await busyScene({ queueDepth: 1 }, 400);
    expect(come(scene)).toBe(1_000);
    await scene.upload('placed');
    expect(come(scene)).toBeLessThan(1_000);
  });

  test.each([
    [1, 400, 8],
    [3, 400, 24],
    [1, 200, 16],
    [1, 40_000, 2],
  ])('with %i busy workers and runs of %i ms until %i have come', async (workers, runMs, most) => {
    const read = come(await busyScene({ workers }, runMs));
    expect(read).toBeGreaterThanOrEqual(most - 1);
    expect(read).toBeLessThanOrEqual(most);
  });

  test('always, as long as those that are to come send nothing', async () => {
    const scene = await busyScene({}, 400);
    for (let upload = 0; upload < 1_000; upload++) expect(scene.line.isWorthReading(NEED)).toBe(true);
  });

  test('again after the hand-off time, but for those that still wait', async () => {
    const scene = await busyScene({}, 400);
    const first = come(scene);
    await vi.advanceTimersByTimeAsync(HAND_OFF_MS + 1);
    const waiting = [scene.line.reserve(NEED), scene.line.reserve(NEED)];
    expect(come(scene)).toBe(first - 2);
    await vi.advanceTimersByTimeAsync(HAND_OFF_MS);
    expect(await Promise.all(waiting)).toEqual(['busy', 'busy']);
  });
});
