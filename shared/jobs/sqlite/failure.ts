/** SQLITE_FULL of sqlite3.h. */
const SQLITE_FULL = 13;

/** Why a call of the store has failed, as it crosses to the main thread. */
export interface Failure {
  full: boolean;
  nothingKept: boolean;
  message: string;
}

export function failureOf(error: unknown, nothingKept: boolean): Failure {
  const full = error instanceof Error && 'errcode' in error && error.errcode === SQLITE_FULL;
  return { full, nothingKept, message: String(error) };
}
