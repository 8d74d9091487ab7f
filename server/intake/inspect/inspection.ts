import type { ImageHeader, InputFormat } from '../../../shared/domain/image.ts';

/** What an upload is, by its bytes. Every string in it is one of ours, safe to show to the client. */
export type Inspection =
  | {
      kind: 'image';
      header: ImageHeader;
      /** What a decoder has to hold whole, because of how the file is made: bytes for each pixel of the picture. */
      heldBytesPerPixel: number;
    }
  /** `found` is a name for people: 'JPEG XL', 'PDF', 'an unknown format'. */
  | { kind: 'unsupported'; found: string }
  /** The first bytes are right, but what follows is cut off or contradicts itself. */
  | { kind: 'damaged'; format: InputFormat | 'heif'; reason: string };

/**
 * Counting frames stops here: `frames` then means "that many or more". Ten times the default MAX_FRAMES, and it
 * bounds the reads that a TIFF with its pages scattered over the file can cause. MAX_FRAMES must stay below it.
 */
export const FRAMES_COUNTED_AT_MOST = 1000;

export function image(header: ImageHeader, heldBytesPerPixel = 0): Inspection {
  const { format, width, height } = header;
  if (width < 1 || height < 1) return damaged(format, 'its width or height is zero');
  return { kind: 'image', header, heldBytesPerPixel };
}

export function damaged(format: InputFormat | 'heif', reason: string): Inspection {
  return { kind: 'damaged', format, reason };
}
