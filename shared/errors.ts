/**
 * A failure of something below us that has a name: who catches it decides by `code` what to do,
 * and no one shows its message to a client.
 * - `storage_full`: the disk (or quota) is full; nothing was kept
 * - `storage_unavailable`: a store cannot be reached or written; another time it may
 */
export class StoreError extends Error {
  readonly code: 'storage_full' | 'storage_unavailable';
  /** Surely nothing of it was kept; else it may have been. */
  readonly nothingKept: boolean;

  constructor(
    code: StoreError['code'],
    message: string,
    options: ErrorOptions & { nothingKept?: boolean } = {},
  ) {
    super(message, options);
    this.name = 'StoreError';
    this.code = code;
    this.nothingKept = code === 'storage_full' || (options.nothingKept ?? false);
  }
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Gives a file system error its meaning for us; an error that has one already is returned as it is. */
export function asStoreError(error: unknown, doing: string): StoreError {
  if (error instanceof StoreError) return error;
  const code = errorCode(error);
  const kind = code !== undefined && FULL.has(code) ? 'storage_full' : 'storage_unavailable';
  return new StoreError(kind, `${doing}: ${code ?? String(error)}`, { cause: error });
}

/** The system's name of an error, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return undefined;
}
