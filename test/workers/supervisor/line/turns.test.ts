import { describe, expect, test, vi } from 'vitest';
import { Tenant } from '../../../../shared/domain/ids.ts';
import type { Work } from '../../../../shared/jobs/records.ts';
import type { Need, NoRoom, Reservation } from '../../../../shared/queue/hand-off.ts';
import { NEED, newWork } from '../../../helpers/new-work.ts';
import { granted, HAND_OFF_TIMEOUT_MS, now, Scene, submit, underFakeTimers } from './scene.ts';

underFakeTimers();

describe('a freed worker', () => {
  test('takes from the uploads and from the backlog in turn', async () => {
    const scene = new Scene({ queueDepth: 3 }, 0);
    for (const name of ['u1', 'u2', 'u3']) await scene.upload(name);
    scene.backlog('b1', 'b2', 'b3');
    scene.workerReady();
    for (let run = 0; run < 5; run++) scene.finish();
    expect(scene.started).toHaveLength(6);
    const sides = scene.started.map((name) => name[0]);
    for (const [index, side] of sides.slice(1).entries()) expect(side).not.toBe(sides[index]);
    expect(scene.started.filter((name) => name.startsWith('u'))).toEqual(['u1', 'u2', 'u3']);
    expect(scene.started.filter((name) => name.startsWith('b'))).toEqual(['b1', 'b2', 'b3']);
  });

  test('serves a waiting upload within two runs, however long the backlog', async () => {
    const scene = new Scene();
    scene.backlog(...Array.from({ length: 50 }, (_, index) => `b${index}`));
    const upload = scene.line.reserve(NEED);
    scene.finish();
    if ((await now(upload)) === 'waiting') scene.finish();
    submit(await upload, 'fresh');
    expect(scene.started.length).toBeLessThanOrEqual(3);
  });

  test('serves the backlog within two runs, however many uploads wait', async () => {
    const scene = new Scene({ queueDepth: 50 }, 0);
    for (let index = 0; index < 50; index++) await scene.upload(`u${index}`);
    scene.backlog('old');
    scene.workerReady();
    scene.finish();
    expect(scene.started).toContain('old');
  });
});

describe('tenants', () => {
  const SHOP = Tenant.parse('shop');
  const FORUM = Tenant.parse('forum');
  const of = (tenant: Tenant, isBatch = false): Need => ({ tenant, memoryBytes: 0, isBatch });
  const workOf = (tenant: Tenant, name: string): Work => ({ ...newWork(name), tenant });

  test('take turns at the workers, however many uploads one of them has brought', async () => {
    const scene = new Scene({ queueDepth: 6, isShared: true }, 0);
    for (const name of ['s1', 's2', 's3'])
      granted(await scene.line.reserve(of(SHOP))).submit(workOf(SHOP, name));
    granted(await scene.line.reserve(of(FORUM))).submit(workOf(FORUM, 'f1'));
    scene.workerReady();
    for (let run = 0; run < 3; run++) scene.finish();
    expect(scene.started).toEqual(['s1', 'f1', 's2', 's3']);
  });

  test('take turns at waiting for a worker', async () => {
    const scene = new Scene({ isShared: true }, 0);
    const shop = [scene.line.reserve(of(SHOP)), scene.line.reserve(of(SHOP))];
    const forum = scene.line.reserve(of(FORUM));
    scene.workerReady();
    granted(await (shop[0] ?? forum)).submit(workOf(SHOP, 's1'));
    scene.finish();
    granted(await forum).submit(workOf(FORUM, 'f1'));
    scene.finish();
    granted(await (shop[1] ?? forum)).release();
    expect(scene.started).toEqual(['s1', 'f1']);
  });

  test('leave as many places free as they take', async () => {
    const scene = new Scene({ queueDepth: 6, isShared: true }, 0);
    const shop = Array.from({ length: 6 }, () => scene.line.reserve(of(SHOP)));
    const forum = Array.from({ length: 6 }, () => scene.line.reserve(of(FORUM)));
    await vi.advanceTimersByTimeAsync(HAND_OFF_TIMEOUT_MS);
    const got = async (answers: Promise<Reservation | NoRoom>[]) =>
      (await Promise.all(answers)).filter((answer) => typeof answer !== 'string').length;
    expect(await got(shop)).toBe(3);
    expect(await got(forum)).toBe(2);
  });

  test('have the whole room where there is one alone', async () => {
    const scene = new Scene({ queueDepth: 6 }, 0);
    for (let upload = 0; upload < 6; upload++) granted(await scene.line.reserve(of(SHOP)));
  });

  test('that come together have equal parts of what is worth reading', async () => {
    const scene = new Scene({ handOffTimeoutMs: 1_000, isShared: true });
    await scene.upload('now');
    const read = (tenant: Tenant) => {
      let worth = 0;
      for (let upload = 0; upload < 100; upload++) {
        if (!scene.line.isWorthReading(of(tenant))) continue;
        scene.line.comes(tenant);
        worth++;
      }
      return worth;
    };
    const first = read(SHOP);
    expect(first).toBeGreaterThan(4);
    expect(read(FORUM)).toBe(Math.floor(first / 2));
  });
});
