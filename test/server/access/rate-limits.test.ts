import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RateLimits, rateLimitFields, refuseExcess } from '../../../server/access/rate-limits.ts';
import { KeyId } from '../../../shared/domain/access.ts';

const SHOP = KeyId.parse('shop');

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('requests', () => {
  test('of a key count together, wherever they come from', async () => {
    const limits = new RateLimits({ requestsPerKey: 2, requestsPerAddress: 1 });
    expect(await limits.count(SHOP, '192.0.2.1')).toMatchObject({ policy: 'key', remaining: 1 });
    expect(await limits.count(SHOP, '192.0.2.2')).toMatchObject({ policy: 'key', remaining: 0 });
    expect(await limits.count(SHOP, '192.0.2.3')).toMatchObject({ policy: 'key', remaining: -1 });
    expect(await limits.count(KeyId.parse('forum'), '192.0.2.3')).toMatchObject({ remaining: 1 });
  });

  test('of an address that is called like a key do not count for it', async () => {
    const limits = new RateLimits({ requestsPerKey: 2, requestsPerAddress: 2 });
    await limits.count(null, 'shop');
    expect(await limits.count(SHOP, '192.0.2.1')).toMatchObject({ remaining: 1 });
  });

  test('without a key count by address, of IPv6 by network', async () => {
    const limits = new RateLimits({ requestsPerKey: 0, requestsPerAddress: 5 });
    await limits.count(null, '2001:db8:1:2::7');
    expect(await limits.count(null, '2001:db8:1:2:8::')).toMatchObject({ policy: 'address', remaining: 3 });
    expect(await limits.count(null, '192.0.2.1')).toMatchObject({ remaining: 4 });
  });

  test('are counted anew in the next minute', async () => {
    const limits = new RateLimits({ requestsPerKey: 0, requestsPerAddress: 1 });
    expect(await limits.count(null, '192.0.2.1')).toMatchObject({ remaining: 0, seconds: 60 });
    await vi.advanceTimersByTimeAsync(59_900);
    expect(await limits.count(null, '192.0.2.1')).toMatchObject({ remaining: -1, seconds: 1 });
    await vi.advanceTimersByTimeAsync(100);
    expect(await limits.count(null, '192.0.2.1')).toMatchObject({ remaining: 0, seconds: 60 });
  });

  test('are not counted where there is no limit', async () => {
    const limits = new RateLimits({ requestsPerKey: 0, requestsPerAddress: 0 });
    expect(await limits.count(SHOP, '192.0.2.1')).toBeNull();
    expect(await limits.count(null, '192.0.2.1')).toBeNull();
  });
});

test('an answer says what is left, and never less than nothing', () => {
  const allowance = { policy: 'key', limit: 9, seconds: 7 } as const;
  expect(rateLimitFields({ ...allowance, remaining: 3 })).toEqual([
    ['ratelimit-policy', '"key";q=9;w=60'],
    ['ratelimit', '"key";r=3;t=7'],
  ]);
  expect(rateLimitFields({ ...allowance, remaining: -3 })[1]).toEqual(['ratelimit', '"key";r=0;t=7']);
});

test('a request beyond the limit is refused, the last one within it is not', () => {
  const allowance = { policy: 'address', limit: 9, seconds: 7 } as const;
  expect(() => refuseExcess({ ...allowance, remaining: 0 })).not.toThrow();
  expect(() => refuseExcess({ ...allowance, remaining: -1 })).toThrow(
    expect.objectContaining({ code: 'rate_limited', extras: { retryAfter: 7 } }),
  );
});
