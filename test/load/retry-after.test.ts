import { expect, it } from 'vitest';
import { waitBeforeRetry } from './retry-after.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');

it.each([
  { says: '2', random: 0, waitMs: 2_000 },
  { says: '2', random: 0.5, waitMs: 2_500 },
  { says: 'Thu, 01 Jan 2026 00:00:04 GMT', random: 0, waitMs: 4_000 },
  { says: 'Thu, 01 Jan 2025 00:00:00 GMT', random: 0, waitMs: 1 },
  { says: undefined, random: 0, waitMs: 1_000 },
  { says: 'soon', random: 0, waitMs: 1_000 },
])('waits $waitMs ms for Retry-After: $says with chance $random', ({ says, random, waitMs }) => {
  expect(waitBeforeRetry(says, NOW, random)).toBe(waitMs);
});
