import { expect, test } from 'vitest';
import { checkBudget } from '../../../../server/intake/inspect/budget.ts';

const LIMITS = { maxPixels: 1000, maxFrames: 10 };
const header = (width: number, height: number, frames: number) =>
  ({ format: 'gif', width, height, frames }) as const;

test.each([
  ['at both limits', header(100, 10, 10), { kind: 'within' }],
  ['a row too much', header(100, 11, 1), { kind: 'over', what: 'pixels', limit: 1000, found: 1100 }],
  ['a frame too much', header(1, 1, 11), { kind: 'over', what: 'frames', limit: 10, found: 11 }],
  [
    'both too much: the pixels are told',
    header(1001, 1, 11),
    { kind: 'over', what: 'pixels', limit: 1000, found: 1001 },
  ],
  ['frames do not multiply the pixels', header(1000, 1, 10), { kind: 'within' }],
  [
    'the largest sizes that a header can declare',
    header(2 ** 32 - 1, 2 ** 32 - 1, 1),
    { kind: 'over', what: 'pixels', limit: 1000, found: (2 ** 32 - 1) ** 2 },
  ],
])('%s', (_name, subject, verdict) => {
  expect(checkBudget(subject, LIMITS)).toEqual(verdict);
});
