import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { KeyId } from '../../shared/domain/access.ts';
import { Problem } from '../problem.ts';
import { networkOf } from './client-address.ts';
import type { CommonAccess } from './common-access.ts';
import type { RequestCounter } from './request-counter.ts';

/** The window in which requests are counted, seconds. */
const WINDOW_S = 60;

/** Most requests of one in a minute; 0: no limit. */
export interface RequestLimits {
  requestsPerKey: number;
  requestsPerAddress: number;
}

/** What somebody may still ask for in this window. */
export interface Allowance {
  policy: 'key' | 'address';
  limit: number;
  remaining: number;
  /** Until the window ends. */
  seconds: number;
}

/**
 * Counts requests: of a key that is known together, wherever they come from, and all others by the address that they come from.
 * In memory, and so by process, unless nodes have a place in common.
 */
export class RateLimits {
  readonly #limiters: Record<Allowance['policy'], RequestCounter | null>;

  constructor(
    { requestsPerKey, requestsPerAddress }: RequestLimits,
    makeLimiter: CommonAccess['limiter'] = (options) => new RateLimiterMemory(options),
  ) {
    const limiter = (policy: Allowance['policy'], points: number) =>
      points > 0 ? makeLimiter({ points, duration: WINDOW_S, keyPrefix: policy }) : null;
    this.#limiters = {
      key: limiter('key', requestsPerKey),
      address: limiter('address', requestsPerAddress),
    };
  }

  /** @returns what is left of it; null where there is no limit */
  async count(keyId: KeyId | null, address: string): Promise<Allowance | null> {
    const policy = keyId === null ? 'address' : 'key';
    const counter = this.#limiters[policy];
    if (!counter) return null;
    const { consumedPoints, msBeforeNext } = await counter.penalty(keyId ?? networkOf(address));
    const seconds = Math.max(1, Math.ceil(msBeforeNext / 1000));
    return { policy, limit: counter.points, remaining: counter.points - consumedPoints, seconds };
  }
}

/** As of draft-ietf-httpapi-ratelimit-headers-10. */
export function rateLimitFields({ policy, limit, remaining, seconds }: Allowance): [string, string][] {
  return [
    ['ratelimit-policy', `"${policy}";q=${limit};w=${WINDOW_S}`],
    ['ratelimit', `"${policy}";r=${Math.max(0, remaining)};t=${seconds}`],
  ];
}

/** @throws {Problem} when there was nothing left for this request */
export function refuseExcess({ policy, limit, remaining, seconds }: Allowance): void {
  if (remaining >= 0) return;
  throw new Problem(
    'rate_limited',
    `This ${policy} may make ${limit} requests a minute, and has: make the next one in ${seconds} s.`,
    { retryAfter: seconds },
  );
}
