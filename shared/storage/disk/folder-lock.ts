import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const LOCK = '.lock';

/** Another process holds the folder. */
export class FolderInUse extends Error {
  constructor(folder: string) {
    super(`${folder} is in use by another process: each needs a folder of its own`);
    this.name = 'FolderInUse';
  }
}

/** Kept from the garbage collector, which would close them: a lock ends when it is released, or with the process. */
const held = new Set<DatabaseSync>();

/**
 * Holds a folder for this process alone. The lock is the kernel's (SQLite's on an otherwise empty database), so it
 * ends with the process however that ends, and no stale lock file ever stands in the way.
 * @returns what lets go of it
 * @throws {FolderInUse}
 */
export function lockFolder(folder: string): () => void {
  makeDurableFolders(resolve(folder));
  const lock = new DatabaseSync(join(folder, LOCK));
  try {
    lock.exec(
      'PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE',
    );
  } catch (error) {
    lock.close();
    if (isBusy(error)) throw new FolderInUse(folder);
    throw error;
  }
  held.add(lock);
  return () => {
    held.delete(lock);
    lock.close();
  };
}

/**
 * Whether a process holds the folder. It asks by a lock that is shared, for less than a millisecond, and makes no file: who
 * starts in that very moment is refused, and none that works is disturbed.
 */
export function isFolderHeld(folder: string): boolean {
  const path = join(folder, LOCK);
  if (!existsSync(path)) return false;
  const lock = new DatabaseSync(path, { readOnly: true });
  try {
    lock.exec('PRAGMA busy_timeout = 0; SELECT count(*) FROM sqlite_schema');
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw error;
  } finally {
    lock.close();
  }
}

/** Makes a folder, and those above it that are missing; what is kept in it shall not vanish in a power cut with them. */
function makeDurableFolders(path: string): void {
  const first = mkdirSync(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; made !== dirname(first); made = dirname(made)) {
    const parent = openSync(dirname(made), 'r');
    try {
      fsyncSync(parent);
    } finally {
      closeSync(parent);
    }
  }
}

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;

/** Of sqlite3.h. */
const SQLITE_BUSY = 5;
