/** Whose fault it is that there is no picture: `machine` is worth another try. */
export type Blame = 'image_unreadable' | 'image_too_large' | 'machine';

export class HeifFailure extends Error {
  readonly blame: Blame;

  constructor(blame: Blame, message: string) {
    super(message);
    this.name = 'HeifFailure';
    this.blame = blame;
  }
}

/**
 * `heif_error_Memory_allocation_error`. An allocation that has failed has no further reason; where there is one, such as a limit
 * or a size of zero, the file asked for what cannot be.
 */
const MEMORY_ERROR = 6;
const UNSPECIFIED = 0;

/**
 * What an error of libheif means. A limit of libheif's is reached only by a file that contradicts its own header, whose
 * pixels were counted before.
 */
export function failureOf(code: number, subcode: number, message: string): HeifFailure {
  const blame = code === MEMORY_ERROR && subcode === UNSPECIFIED ? 'machine' : 'image_unreadable';
  return new HeifFailure(blame, `libheif: ${message.trim()} (${code}.${subcode})`);
}

export const outOfMemory = (bytes: number): HeifFailure =>
  new HeifFailure('machine', `out of memory: ${bytes} bytes for libheif`);

export const pictureTooLarge = (): HeifFailure =>
  new HeifFailure('image_too_large', 'the picture has more pixels than may be');
