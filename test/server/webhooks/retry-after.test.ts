import { expect, test } from 'vitest';
import { retryAfterMs } from '../../../server/webhooks/retry-after.ts';

const NOW = Date.UTC(2026, 10, 30, 12, 0, 0);

test.for<[string | undefined, number | null]>([
  ['0', 0],
  ['120', 120_000],
  ['Mon, 30 Nov 2026 12:00:09 GMT', 9_000],
  ['Mon, 30 Nov 2026 11:00:00 GMT', 0],
  [undefined, null],
  ['soon', null],
  ['', null],
])('%s', ([text, ms]) => {
  expect(retryAfterMs(text, NOW)).toBe(ms);
});
