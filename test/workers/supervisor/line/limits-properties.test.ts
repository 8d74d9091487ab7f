import { describe, expect, test, vi } from 'vitest';
import type { Reservation } from '../../../../shared/queue/hand-off.ts';
import { seededRandom } from '../../../fixtures/headers/seeded-random.ts';
import { NEED, newWork } from '../../../helpers/new-work.ts';
import { HAND_OFF_TIMEOUT_MS, Scene, underFakeTimers } from './scene.ts';

underFakeTimers();

describe('whatever happens', () => {
  const seeds = Array.from({ length: 60 }, (_, index) => index + 1);

  test.each(seeds)('no limit is passed, and all accepted work starts once (seed %i)', async (seed) => {
    const random = seededRandom(seed);
    const below = (limit: number) => Math.floor(random() * limit);
    const workers = 1 + below(3);
    const queueDepth = below(4);
    // Half of the runs have no deaths: the bound on those let in holds exactly only while no worker vanishes.
    const deaths = seed % 2 === 0;
    const scene = new Scene({ workers, queueDepth });
    const { line } = scene;
    const held: Reservation[] = [];
    const accepted: string[] = [];
    const fresh = new Set<string>();

    const arrive = () =>
      void line.reserve(NEED).then((answer) => {
        if (typeof answer !== 'string') held.push(answer);
      });
    const accept = () => {
      const reservation = held.splice(below(held.length), 1)[0];
      if (!reservation) return;
      const name = `u${accepted.length}`;
      accepted.push(name);
      fresh.add(name);
      reservation.submit(newWork(name));
    };
    const giveUp = () => held.splice(below(held.length), 1)[0]?.release();
    const recover = () => {
      const name = `b${accepted.length}`;
      accepted.push(name);
      scene.backlog(name);
    };
    const reprocess = () => {
      const name = `r${accepted.length}`;
      accepted.push(name);
      scene.batch(name);
    };
    const finish = () => {
      if (line.running > 0) scene.finish();
    };
    const die = () => {
      if (deaths && scene.idle > 0) scene.idle--;
    };
    const replace = () => {
      if (scene.idle + line.running <= workers) scene.workerReady();
    };
    const pass = () => vi.advanceTimersByTimeAsync(below(HAND_OFF_TIMEOUT_MS));
    const steps = [
      arrive,
      arrive,
      accept,
      accept,
      giveUp,
      recover,
      reprocess,
      finish,
      finish,
      die,
      replace,
      pass,
    ];

    for (let step = 0; step < 300; step++) {
      await steps[below(steps.length)]?.();
      await vi.advanceTimersByTimeAsync(0);
      expect(line.running).toBeLessThanOrEqual(workers);
      const waiting = [...fresh].filter((name) => !scene.started.includes(name)).length;
      const free = Math.max(0, Math.min(workers - line.running, scene.idle));
      if (!deaths) expect(held.length + waiting).toBeLessThanOrEqual(queueDepth + free);
    }

    await vi.advanceTimersByTimeAsync(HAND_OFF_TIMEOUT_MS);
    while (held.length > 0) accept();
    if (scene.idle === 0 && line.running === 0) scene.workerReady();
    while (line.running > 0) scene.finish();
    expect(scene.started.toSorted()).toEqual(accepted.toSorted());
  });
});
