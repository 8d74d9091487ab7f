import { type FileHandle, open } from 'node:fs/promises';
import type { LimitFunction } from 'p-limit';
import { Multipart, PART_BYTES } from './multipart.ts';
import type { S3Bucket } from './s3-bucket.ts';

/**
 * Puts a file, of which no more than a part is in memory. Parts of one that could not be put are taken back.
 * @param inTurn bounds how many parts all files have in memory together
 */
export async function putFile(
  bucket: S3Bucket,
  key: string,
  path: string,
  inTurn: LimitFunction,
): Promise<void> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size > PART_BYTES) return await putInParts(bucket, key, file, size, inTurn);
    await inTurn(async () => bucket.put(key, await read(file, 0, size)));
  } finally {
    await file.close();
  }
}

async function putInParts(
  bucket: S3Bucket,
  key: string,
  file: FileHandle,
  size: number,
  inTurn: LimitFunction,
): Promise<void> {
  const upload = await Multipart.begin(bucket, key);
  try {
    for (let at = 0; at < size; at += PART_BYTES)
      await inTurn(async () => upload.add(await read(file, at, Math.min(PART_BYTES, size - at))));
    await upload.complete();
  } catch (error) {
    await upload.takeBack();
    throw error;
  }
}

async function read(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let filled = 0; filled < length; ) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, at + filled);
    if (bytesRead === 0) throw new Error('the file has become shorter');
    filled += bytesRead;
  }
  return bytes;
}
