import type { ImageHeader } from '../../../shared/domain/image.ts';

export interface BudgetLimits {
  maxPixels: number;
  maxFrames: number;
}

export type BudgetVerdict =
  | { kind: 'within' }
  | { kind: 'over'; what: 'pixels' | 'frames'; limit: number; found: number };

/** Only the first frame is decoded, so the pixels are those of one frame however many there are. */
export function checkBudget(header: ImageHeader, limits: BudgetLimits): BudgetVerdict {
  const pixels = header.width * header.height;
  if (pixels > limits.maxPixels) {
    return { kind: 'over', what: 'pixels', limit: limits.maxPixels, found: pixels };
  }
  if (header.frames > limits.maxFrames) {
    return { kind: 'over', what: 'frames', limit: limits.maxFrames, found: header.frames };
  }
  return { kind: 'within' };
}
