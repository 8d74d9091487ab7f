import type { Verdict } from '../../../shared/domain/description.ts';
import type { Size } from '../geometry.ts';
import type { Exposure } from './exposure.ts';
import type { PageMarks } from './page-marks.ts';

/** What the verdicts are made of. */
export interface Findings {
  /** The upright picture as it was uploaded, in pixels. */
  source: Size;
  /** At a long side of {@link MEASURED_SIDE}. */
  sharpness: number;
  exposure: Exposure;
  page: PageMarks;
  /** Its metadata name a camera: then it is no screenshot. */
  hasCamera: boolean;
}

/**
 * In pixels: the long side at which pictures are looked at, so that the figures of two of them can be compared. What is
 * smaller is `tiny`, and too small to call anything else blurry; marketplaces such as eBay refuse it, too.
 */
export const MEASURED_SIDE = 500;

/** In pixels: a strip that is not so high shows nothing, however long it is. */
export const LEAST_SIDE = 100;

/** The thresholds below are measured on photos and on what was made worse of them: CONTRIBUTING.md has the table. */
export const BLURRY_BELOW = 0.6;
export const DARK_BELOW = 0.12;
/** A night scene with lights is not too dark: there is something to see. */
export const LIT_ABOVE = 0.02;
export const PAGE_GROUND = 0.32;
export const PAGE_WRITTEN = 0.25;
export const PAGE_STRAIGHT = 0.25;

/** What a seller should be told of a picture, in the order of {@link Verdict}. */
export function verdictsOn({ source, sharpness, exposure, page, hasCamera }: Findings): Verdict[] {
  const { width, height } = source;
  const isTiny = Math.max(width, height) < MEASURED_SIDE || Math.min(width, height) < LEAST_SIDE;
  const isScreenshot =
    !hasCamera &&
    page.ground >= PAGE_GROUND &&
    page.written >= PAGE_WRITTEN &&
    page.straight >= PAGE_STRAIGHT;
  const isDark = !isScreenshot && exposure.brightness < DARK_BELOW && exposure.highlights < LIT_ABOVE;
  const found: Verdict[] = [];
  // In the dark a lens may be as sharp as it likes: there is nothing to see it by.
  if (!isTiny && !isDark && !isScreenshot && sharpness < BLURRY_BELOW) found.push('blurry');
  if (isDark) found.push('dark');
  if (isTiny) found.push('tiny');
  if (isScreenshot) found.push('screenshot');
  return found;
}
