import { expect, test } from 'vitest';
import type { Verdict } from '../../../../shared/domain/description.ts';
import {
  BLURRY_BELOW,
  DARK_BELOW,
  type Findings,
  LEAST_SIDE,
  LIT_ABOVE,
  MEASURED_SIDE,
  PAGE_GROUND,
  PAGE_STRAIGHT,
  PAGE_WRITTEN,
  verdictsOn,
} from '../../../../workers/worker/describe/verdict.ts';

const GOOD: Findings = {
  source: { width: 1600, height: 1200 },
  sharpness: 1.2,
  exposure: { brightness: 0.45, shadows: 0.02, highlights: 0.03 },
  page: { ground: 0.1, written: 0, straight: 0.2 },
  hasCamera: false,
};
const DARK = { brightness: DARK_BELOW - 0.01, shadows: 0.8, highlights: 0 };
const PAGE = { ground: PAGE_GROUND, written: PAGE_WRITTEN, straight: PAGE_STRAIGHT };
const SOFT = BLURRY_BELOW - 0.01;

test.for([
  ['a good photo', {}, []],
  ['a soft one', { sharpness: SOFT }, ['blurry']],
  ['one just sharp enough', { sharpness: BLURRY_BELOW }, []],
  ['one where hardly anything can be seen', { exposure: DARK }, ['dark']],
  ['a night with lights', { exposure: { ...DARK, highlights: LIT_ABOVE } }, []],
  ['a dark one, which is soft as well', { exposure: DARK, sharpness: SOFT }, ['dark']],
  ['one whose longer side is too short', { source: { width: 300, height: MEASURED_SIDE - 1 } }, ['tiny']],
  ['one whose longer side is long enough', { source: { width: 300, height: MEASURED_SIDE } }, []],
  ['a strip', { source: { width: 20_000, height: LEAST_SIDE - 1 }, sharpness: 0 }, ['tiny']],
  ['a tiny one, which is soft as all are', { source: { width: 90, height: 90 }, sharpness: SOFT }, ['tiny']],
  ['a page', { page: PAGE }, ['screenshot']],
  ['a dark page', { page: PAGE, exposure: DARK, sharpness: SOFT }, ['screenshot']],
  ['a page that a camera saw', { page: PAGE, hasCamera: true }, []],
  ['a tiny, dark one', { source: { width: 90, height: 90 }, exposure: DARK }, ['dark', 'tiny']],
  ...(['ground', 'written', 'straight'] as const).map((mark): [string, Partial<Findings>, Verdict[]] => [
    `a page without enough that is ${mark}`,
    { page: { ...PAGE, [mark]: PAGE[mark] - 0.01 } },
    [],
  ]),
] satisfies [string, Partial<Findings>, Verdict[]][])('%s', ([, given, verdicts]) => {
  expect(verdictsOn({ ...GOOD, ...given })).toEqual(verdicts);
});
