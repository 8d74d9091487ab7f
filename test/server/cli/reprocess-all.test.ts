import { describe, expect, test } from 'vitest';
import { reprocessAll } from '../../../server/cli/reprocess-all.ts';
import type { Count, ReprocessClient } from '../../../server/cli/reprocess-client.ts';

/** A service of so many images, that makes some between two questions. */
class FakeService implements ReprocessClient {
  stale: number;
  pending = 0;
  current = 0;
  failed = 0;
  mostPending = 0;
  readonly pages: (string | null)[] = [];
  #position = 0;
  readonly #madeAtOnce: number;

  constructor(stale: number, madeAtOnce = Number.POSITIVE_INFINITY) {
    this.stale = stale;
    this.#madeAtOnce = madeAtOnce;
  }

  async queue(cursor: string | null, limit: number) {
    this.pages.push(cursor);
    if (cursor === null) this.#position = 0;
    const queued = Math.min(limit, this.stale);
    this.stale -= queued;
    this.pending += queued;
    this.mostPending = Math.max(this.mostPending, this.pending);
    this.#position += limit;
    return { queued, skipped: 0, next: this.stale > 0 ? `at ${this.#position}` : null };
  }

  async count(): Promise<Count & { tookMs: number }> {
    const made = Math.min(this.#madeAtOnce, this.pending);
    this.pending -= made;
    this.current += made;
    const { stale, pending, current, failed } = this;
    const total = stale + pending + current + failed;
    return { total, current, pending, failed, failedJobs: [], originalGone: 0, tookMs: 1 };
  }
}

describe('the images of a preset', () => {
  test('are queued page by page, from the first to the last, and followed to their end', async () => {
    const service = new FakeService(120);
    const seen: Count[] = [];
    expect(await reprocessAll(service, (count) => seen.push(count))).toEqual({
      total: 120,
      current: 120,
      pending: 0,
      failed: 0,
      failedJobs: [],
      originalGone: 0,
    });
    expect(service.pages).toEqual([null, 'at 50', 'at 100']);
    expect(seen.map(({ current }) => current)).toEqual([0, 120]);
  });

  test('are asked for once where there is nothing to do', async () => {
    const service = new FakeService(0);
    await reprocessAll(service, () => {});
    expect(service.pages).toEqual([null]);
  });

  test('do not wait in the service by the thousands', async () => {
    const service = new FakeService(1_600, 400);
    expect(await reprocessAll(service, () => {})).toMatchObject({ current: 1_600, pending: 0 });
    expect(service.mostPending).toBe(1_000);
  });

  test('that came to an end with an earlier recipe meanwhile are queued in a second round', async () => {
    const service = new FakeService(1);
    const count = service.count.bind(service);
    let counts = 0;
    service.count = () => {
      if (++counts === 2) service.stale++;
      return count();
    };
    expect(await reprocessAll(service, () => {})).toMatchObject({ total: 2, current: 2 });
    expect(service.pages).toEqual([null, null]);
  });

  test('that fail are an end as well', async () => {
    const service = new FakeService(0);
    service.failed = 3;
    expect(await reprocessAll(service, () => {})).toMatchObject({ total: 3, failed: 3 });
  });
});
