import type { ImageHeader } from '../../../shared/domain/image.ts';
import { Problem } from '../../problem.ts';
import { type BudgetLimits, checkBudget } from './budget.ts';
import type { ByteSource } from './byte-source.ts';
import { inspect } from './inspect.ts';

/**
 * What the header of an upload declares.
 * @param animated whether all frames of an animation are to be decoded
 * @throws {Problem} for what is not accepted, and says why
 */
export async function acceptedHeader(
  bytes: ByteSource,
  limits: BudgetLimits,
  animated: boolean,
): Promise<ImageHeader> {
  const found = await inspect(bytes);
  switch (found.kind) {
    case 'unsupported':
      throw new Problem(
        'unsupported_format',
        `These bytes are ${found.found}; JPEG, PNG, WebP, AVIF, HEIC, GIF and TIFF are accepted.`,
        { members: { found: found.found } },
      );
    case 'damaged':
      throw new Problem('damaged_header', `The ${found.format} header is damaged: ${found.reason}.`);
    case 'image': {
      const verdict = checkBudget(found.header, limits, animated);
      if (verdict.kind === 'within') return found.header;
      const { what, limit, found: count } = verdict;
      const over =
        verdict.what === 'pixels' && verdict.frames > 1
          ? ` over its ${verdict.frames} frames, as this preset keeps animations`
          : '';
      throw new Problem(
        what === 'pixels' ? 'too_many_pixels' : 'too_many_frames',
        `An image may have at most ${limit} ${what}; this one declares ${count}${over}.`,
        { members: { limit, found: count } },
      );
    }
  }
}
