/** The picture cannot be decoded, now or ever. */
export class UnreadableImage extends Error {
  readonly failure: 'image_unreadable' | 'image_too_large';

  constructor(failure: UnreadableImage['failure'], cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'UnreadableImage';
    this.failure = failure;
  }
}

/** Messages of sharp and libvips that do not speak of the picture but of the machine. */
const MACHINE = /unable to (?:open|create)|input file is missing|system error/i;

/** As libvips has it, and libheif, which calls it an invalid input. */
export const OUT_OF_MEMORY = /out of memory|memory allocation|unable to allocate/i;

/** Limits of libheif's own, and of libnsgif: what reaches them asks for what no machine has. Both speak of memory as well. */
const IMPOSSIBLE = /security limit exceeded|bad image dimensions/i;

/** Gives what a decoder has thrown its meaning: the picture's fault, or else whatever it was. */
export function asUnreadable(error: unknown): unknown {
  if (error instanceof UnreadableImage || !(error instanceof Error)) return error;
  const { message } = error;
  if (!IMPOSSIBLE.test(message) && (MACHINE.test(message) || OUT_OF_MEMORY.test(message))) return error;
  const tooLarge = message.includes('exceeds pixel limit');
  return new UnreadableImage(tooLarge ? 'image_too_large' : 'image_unreadable', error);
}
