import type { ImageHeader } from '../../../shared/domain/image.ts';
import type { Preset } from '../../../shared/domain/preset.ts';
import { runMemoryBytes } from '../../../shared/domain/run-memory.ts';
import { Problem } from '../../problem.ts';
import { type BudgetLimits, checkBudget } from './budget.ts';
import type { ByteSource } from './byte-source.ts';
import { inspect } from './inspect.ts';

export interface HeaderLimits extends BudgetLimits {
  /** What runs may take together, in bytes. */
  memoryBudgetBytes: number;
}

export interface AcceptedHeader {
  header: ImageHeader;
  /** What its run takes at the most, beside what an idle worker has. */
  memoryBytes: number;
}

/**
 * What the header of an upload declares, and what that takes to decode.
 * @throws {Problem} for what is not accepted, and says why
 */
export async function acceptedHeader(
  bytes: ByteSource,
  limits: HeaderLimits,
  preset: Preset,
): Promise<AcceptedHeader> {
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
      const { header, heldBytesPerPixel } = found;
      const verdict = checkBudget(header, limits, preset.animated);
      if (verdict.kind === 'within') {
        const memoryBytes = runMemoryBytes(header, preset, heldBytesPerPixel);
        if (memoryBytes > limits.memoryBudgetBytes) throw tooMuchMemory(memoryBytes, limits);
        return { header, memoryBytes };
      }
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

function tooMuchMemory(found: number, { memoryBudgetBytes: limit }: HeaderLimits): Problem {
  const [needs, has] = [found, limit].map((bytes) => Math.ceil(bytes / 2 ** 20));
  return new Problem(
    'too_much_memory',
    `To decode this picture may take ${needs} MiB, and here are ${has}: send it smaller, or as a baseline JPEG.`,
    { members: { limit, found } },
  );
}
