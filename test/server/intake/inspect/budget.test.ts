import { describe, expect, test } from 'vitest';
import { checkBudget } from '../../../../server/intake/inspect/budget.ts';

const LIMITS = { maxPixels: 1000, maxFrames: 10 };
const header = (width: number, height: number, frames: number) =>
  ({ format: 'gif', width, height, frames }) as const;

test.each([
  ['at both limits', header(100, 10, 10), { kind: 'within' }],
  [
    'a row too much',
    header(100, 11, 1),
    { kind: 'over', what: 'pixels', limit: 1000, found: 1100, frames: 1 },
  ],
  ['a frame too much', header(1, 1, 11), { kind: 'over', what: 'frames', limit: 10, found: 11 }],
  [
    'both too much: the pixels are told',
    header(1001, 1, 11),
    { kind: 'over', what: 'pixels', limit: 1000, found: 1001, frames: 1 },
  ],
  ['frames do not multiply the pixels', header(1000, 1, 10), { kind: 'within' }],
  [
    'the largest sizes that a header can declare',
    header(2 ** 32 - 1, 2 ** 32 - 1, 1),
    { kind: 'over', what: 'pixels', limit: 1000, found: (2 ** 32 - 1) ** 2, frames: 1 },
  ],
])('%s', (_name, subject, verdict) => {
  expect(checkBudget(subject, LIMITS, false)).toEqual(verdict);
});

describe('where all frames are decoded', () => {
  test.each(['gif', 'webp'] as const)('the pixels of a %s are those of all of its frames', (format) => {
    const of = (frames: number) => checkBudget({ ...header(100, 2, frames), format }, LIMITS, true);
    expect(of(5)).toEqual({ kind: 'within' });
    expect(of(6)).toEqual({ kind: 'over', what: 'pixels', limit: 1000, found: 1200, frames: 6 });
  });

  test.each(['png', 'avif', 'tiff', 'jpeg'] as const)('a %s has its first frame alone', (format) => {
    expect(checkBudget({ ...header(100, 10, 10), format }, LIMITS, true)).toEqual({ kind: 'within' });
  });

  test('there is still a limit of frames', () => {
    expect(checkBudget(header(1, 1, 11), LIMITS, true)).toEqual({
      kind: 'over',
      what: 'frames',
      limit: 10,
      found: 11,
    });
  });
});
