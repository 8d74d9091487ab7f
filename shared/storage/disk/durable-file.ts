import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { Sha256 } from '../../domain/ids.ts';

/** Large enough that a picture is a few reads, small enough that many copies at once cost little memory. */
const COPY_BYTES = 256 * 1024;

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

/**
 * Copies exactly `bytes` from an open file into a new one, brought to the disk.
 * @returns the SHA-256 of what was written
 * @throws when the source is shorter, or `path` exists
 */
export async function copyDurably(source: FileHandle, bytes: number, path: string): Promise<Sha256> {
  const target = await open(path, 'wx', 0o644);
  try {
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(Math.min(COPY_BYTES, bytes));
    for (let position = 0; position < bytes; ) {
      const wanted = Math.min(buffer.length, bytes - position);
      const { bytesRead } = await source.read(buffer, 0, wanted, position);
      if (bytesRead === 0) throw new Error('the output became shorter while it was copied');
      const part = buffer.subarray(0, bytesRead);
      hash.update(part);
      await writeWhole(target, part);
      position += bytesRead;
    }
    await target.sync();
    return Sha256.parse(hash.digest('hex'));
  } finally {
    await target.close();
  }
}
