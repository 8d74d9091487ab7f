import { type FileHandle, open } from 'node:fs/promises';

/** Brings the entries of a folder to the disk: a new or renamed file may vanish in a power cut before this. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Brings a file's bytes to the disk. */
export async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Writes all of it at the end of what was written before. On a disk that becomes full the system takes what it has
 * room for and says so by a number: only the next write fails.
 */
export async function writeWhole(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; )
    written += (await handle.write(bytes, written, bytes.length - written)).bytesWritten;
}
