import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Sha256 } from '../../shared/domain/ids.ts';
import { syncFile, syncFolder } from '../../shared/storage/disk/durable-file.ts';

/** As long as a service may hold its database for a commit, and much longer; in milliseconds. */
const BUSY_TIMEOUT_MS = 30_000;

/**
 * Writes a database as it is at one moment to a file, while others write to it. What was there under that name is replaced when the
 * new one is on the disk.
 */
export async function takeSnapshot(database: string, path: string): Promise<void> {
  const part = `${path}.part`;
  await rm(part, { force: true });
  // One transaction that reads: in the mode WAL it holds up nobody, and the online copy of SQLite would begin anew with each commit.
  const raw = new DatabaseSync(database, { readOnly: true });
  try {
    raw.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    raw.prepare('VACUUM INTO ?').run(part);
  } finally {
    raw.close();
  }
  // As the database itself is.
  await chmod(part, 0o600);
  await syncFile(part);
  await rename(part, path);
  await syncFolder(dirname(path));
}

export async function sha256OfFile(path: string): Promise<Sha256> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece);
  return Sha256.parse(hash.digest('hex'));
}
