import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** A picture that nobody has sent before, and that has so many bytes: what comes behind its end decoders leave alone. */
export async function paddedPicture(
  bytes: number,
  path = 'testdata/images/testimage_small.jpg',
): Promise<Buffer> {
  const picture = await readFile(path);
  return Buffer.concat([picture, randomBytes(bytes - picture.length)]);
}
