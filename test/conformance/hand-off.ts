import { afterEach, describe, expect, test } from 'vitest';
import { DEFAULT_TENANT, type JobId, Tenant } from '../../shared/domain/ids.ts';
import type { NoRoom, Reservation } from '../../shared/queue/hand-off.ts';

export interface HandOffLimits {
  workers: number;
  queueDepth?: number;
  batchDepth?: number;
  handOffTimeoutMs?: number;
  isShared?: boolean;
}

/** A hand-off, and behind it workers that do as the test says. */
export interface HandOffScene {
  reserve(who?: { tenant?: Tenant; isBatch?: boolean }): Promise<Reservation | NoRoom>;
  /** Has an upload accepted that has this room. @returns its job */
  use(room: Reservation, who?: { tenant?: Tenant; isBatch?: boolean }): Promise<JobId>;
  /** Queues a job that is no fresh upload. */
  addBacklog(): Promise<JobId>;
  /** The job that is started next: each is told of once. */
  started(): Promise<JobId>;
  /** Those that were started and not told of. */
  untold(): number;
  /** A job that was started ends. */
  finish(job: JobId): Promise<void>;
  /** Nobody gets in any more. */
  close(): void;
  dispose(): Promise<void>;
}

const SHOP = Tenant.parse('shop');
const FORUM = Tenant.parse('forum');

/** Long enough for who is to be served to be served. */
const PATIENT = 5_000;

/** What every hand-off does, within one process or among nodes. */
export function describeHandOff(name: string, open: (limits: HandOffLimits) => Promise<HandOffScene>): void {
  describe(`${name}: a hand-off`, () => {
    let scene: HandOffScene;
    afterEach(() => scene.dispose());

    const room = async (who?: Parameters<HandOffScene['reserve']>[0]): Promise<Reservation> => {
      const answer = await scene.reserve(who);
      if (typeof answer === 'string') throw new Error(`there was no room: ${answer}`);
      return answer;
    };
    const upload = async (who?: Parameters<HandOffScene['reserve']>[0]): Promise<JobId> =>
      scene.use(await room(who), who);
    const answers = async (count: number, who?: Parameters<HandOffScene['reserve']>[0]) =>
      Promise.all(Array.from({ length: count }, () => scene.reserve(who)));
    const granted = (all: (Reservation | NoRoom)[]) => all.filter((it) => typeof it !== 'string');

    test('has an upload start at once on a worker that is free', async () => {
      scene = await open({ workers: 2 });
      const job = await upload();
      expect(await scene.started()).toBe(job);
      const other = await upload();
      expect(await scene.started()).toBe(other);
    });

    test('refuses who has waited for the hand-off time while all workers were busy', async () => {
      scene = await open({ workers: 1, handOffTimeoutMs: 60 });
      await upload();
      await scene.started();
      const begin = performance.now();
      expect(await scene.reserve()).toBe('busy');
      // Timers may be a millisecond early.
      expect(performance.now() - begin).toBeGreaterThan(58);
    });

    test('gives a worker that is free to who cannot wait at all, and refuses the next one', async () => {
      scene = await open({ workers: 2, handOffTimeoutMs: 0 });
      const jobs = [await upload(), await upload()];
      expect([await scene.started(), await scene.started()].toSorted()).toEqual(jobs.toSorted());
      expect(await scene.reserve()).toBe('busy');
    });

    test('gives a worker that comes free in time to who waits', async () => {
      scene = await open({ workers: 1, handOffTimeoutMs: PATIENT });
      const first = await upload();
      await scene.started();
      const waiting = room();
      await scene.finish(first);
      const second = await scene.use(await waiting);
      expect(await scene.started()).toBe(second);
    });

    test('lets in as many as there are free workers and places, and no more, however many come at once', async () => {
      scene = await open({ workers: 3, queueDepth: 2, handOffTimeoutMs: 200 });
      const all = await answers(20);
      expect(granted(all)).toHaveLength(5);
      expect(all.filter((it) => it === 'busy')).toHaveLength(15);
    });

    test('counts what is accepted and waits', async () => {
      scene = await open({ workers: 1, queueDepth: 2, handOffTimeoutMs: 200 });
      const first = await upload();
      await scene.started();
      const jobs = [await upload(), await upload()];
      expect(await scene.reserve()).toBe('busy');
      expect(scene.untold()).toBe(0);
      await scene.finish(first);
      expect(await scene.started()).toBe(jobs[0]);
      await upload();
      expect(await scene.reserve()).toBe('busy');
    });

    test('gives room that was not used to another', async () => {
      scene = await open({ workers: 1, handOffTimeoutMs: PATIENT });
      const held = await room();
      const waiting = room();
      held.release();
      const job = await scene.use(await waiting);
      expect(await scene.started()).toBe(job);
      expect(() => held.release()).toThrow('once');
    });

    test('takes what can wait although all workers are busy, and starts it when nobody else wants one', async () => {
      scene = await open({ workers: 1, batchDepth: 2, queueDepth: 1, handOffTimeoutMs: 200 });
      const first = await upload();
      await scene.started();
      const batch = await upload({ isBatch: true });
      await upload({ isBatch: true });
      expect(await scene.reserve({ isBatch: true })).toBe('busy');
      const fresh = await upload();
      await scene.finish(first);
      expect(await scene.started()).toBe(fresh);
      await scene.finish(fresh);
      expect(await scene.started()).toBe(batch);
    });

    test('has uploads and the backlog take turns', async () => {
      scene = await open({ workers: 1, queueDepth: 4, handOffTimeoutMs: PATIENT });
      const first = await upload();
      await scene.started();
      const fresh = [await upload(), await upload()];
      const backlog = [await scene.addBacklog(), await scene.addBacklog()];
      const order: ('fresh' | 'backlog')[] = [];
      let running = first;
      for (let count = 0; count < 4; count++) {
        await scene.finish(running);
        running = await scene.started();
        order.push(fresh.includes(running) ? 'fresh' : 'backlog');
        if (!fresh.includes(running)) expect(backlog).toContain(running);
      }
      expect([order[0] !== order[1], order[2] !== order[3]]).toEqual([true, true]);
    });

    test('has each of several tenants leave as many places free as it takes', async () => {
      scene = await open({ workers: 1, queueDepth: 8, isShared: true, handOffTimeoutMs: 200 });
      await upload({ tenant: SHOP });
      await scene.started();
      const shop = granted(await answers(10, { tenant: SHOP }));
      expect(shop).toHaveLength(4);
      expect(granted(await answers(10, { tenant: FORUM }))).toHaveLength(2);
    });

    test('has tenants take turns at the workers', async () => {
      scene = await open({ workers: 1, queueDepth: 20, isShared: true, handOffTimeoutMs: PATIENT });
      const first = await upload({ tenant: SHOP });
      await scene.started();
      const shop: JobId[] = [];
      for (let count = 0; count < 4; count++) shop.push(await upload({ tenant: SHOP }));
      const forum = [await upload({ tenant: FORUM }), await upload({ tenant: FORUM })];
      const order: string[] = [];
      let running = first;
      for (let count = 0; count < 6; count++) {
        await scene.finish(running);
        running = await scene.started();
        order.push(shop.includes(running) ? 'shop' : forum.includes(running) ? 'forum' : 'neither');
      }
      expect(order.slice(0, 4).toSorted()).toEqual(['forum', 'forum', 'shop', 'shop']);
      expect(order.slice(4)).toEqual(['shop', 'shop']);
    });

    test('has tenants take turns at a worker that comes free', async () => {
      scene = await open({ workers: 1, isShared: true, handOffTimeoutMs: PATIENT });
      const first = await upload({ tenant: SHOP });
      await scene.started();
      const waiting = [SHOP, SHOP, SHOP, FORUM].map((tenant) =>
        room({ tenant }).then(async (it) => ({ tenant, job: await scene.use(it, { tenant }) })),
      );
      let running = first;
      const order: Tenant[] = [];
      for (let count = 0; count < 4; count++) {
        await scene.finish(running);
        running = await scene.started();
        const done = await Promise.race(
          waiting.map((it) =>
            it.then(({ tenant, job }) => (job === running ? tenant : new Promise<never>(() => {}))),
          ),
        );
        order.push(done);
      }
      expect(order.slice(0, 2).toSorted()).toEqual([FORUM, SHOP]);
    });

    test('says that there are no workers', async () => {
      scene = await open({ workers: 0, handOffTimeoutMs: 50 });
      expect(await scene.reserve()).toBe('no_workers');
    });

    test('lets nobody in any more when it is closed, not even who waits', async () => {
      scene = await open({ workers: 1, handOffTimeoutMs: PATIENT });
      await upload({ tenant: DEFAULT_TENANT });
      await scene.started();
      const waiting = scene.reserve();
      scene.close();
      expect(await waiting).toBe('draining');
      expect(await scene.reserve()).toBe('draining');
    });
  });
}
