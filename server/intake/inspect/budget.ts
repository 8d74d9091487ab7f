import type { ImageHeader } from '../../../shared/domain/image.ts';
import { decodedFrames } from '../../../shared/domain/run-memory.ts';

export interface BudgetLimits {
  /** Over all frames that are decoded. */
  maxPixels: number;
  maxFrames: number;
}

export type BudgetVerdict =
  | { kind: 'within' }
  /** `frames`: of so many the pixels are. */
  | { kind: 'over'; what: 'pixels'; limit: number; found: number; frames: number }
  | { kind: 'over'; what: 'frames'; limit: number; found: number };

/** @param animated whether all frames of an animation are decoded, or the first one alone */
export function checkBudget(header: ImageHeader, limits: BudgetLimits, animated: boolean): BudgetVerdict {
  const frames = decodedFrames(header, animated);
  const pixels = header.width * header.height * frames;
  if (pixels > limits.maxPixels) {
    return { kind: 'over', what: 'pixels', limit: limits.maxPixels, found: pixels, frames };
  }
  if (header.frames > limits.maxFrames) {
    return { kind: 'over', what: 'frames', limit: limits.maxFrames, found: header.frames };
  }
  return { kind: 'within' };
}
