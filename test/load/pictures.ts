import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { UsageError } from '../helpers/command-line.ts';
import { TRAILER_BYTES, uniqueTrailer } from '../helpers/unique-bytes.ts';

const MEDIA_TYPES: Record<string, string> = {
  '.avif': 'image/avif',
  '.gif': 'image/gif',
  '.heic': 'image/heic',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.png': 'image/png',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
  '.webp': 'image/webp',
};
const mediaTypeOf = (path: string): string | undefined => MEDIA_TYPES[extname(path).toLowerCase()];

/** One picture as the body of its uploads, made once: sending it again costs no copy. */
export interface Picture {
  headers: Record<string, string | number>;
  /** The body of one upload: no two have the same bytes, as no two strangers send the same photo. */
  newBody(): readonly Buffer[];
}

/** The pictures of a folder, told by their extension: others may stand beside them (a script, a README). */
export async function listPictures(folder: string): Promise<string[]> {
  const entries = await readdir(folder).catch((cause: unknown) => {
    throw new UsageError(`--images: cannot read the folder ${folder}`, { cause });
  });
  const files = entries.filter((name) => mediaTypeOf(name) !== undefined).sort();
  if (files.length === 0) throw new UsageError(`--images: no pictures in ${folder}`);
  return files.map((name) => join(folder, name));
}

export async function preparePicture(path: string): Promise<Picture> {
  const boundary = `darkroom-${randomUUID()}`;
  // RFC 7578 §4.2: a quote in a file name is percent-encoded, as browsers do.
  const filename = basename(path).replaceAll('"', '%22');
  const begin = Buffer.concat([
    Buffer.from(
      `--${boundary}\r\n` +
        `Content-Disposition: form-data; name="image"; filename="${filename}"\r\n` +
        `Content-Type: ${mediaTypeOf(path) ?? 'application/octet-stream'}\r\n\r\n`,
    ),
    await readFile(path),
  ]);
  const end = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    headers: {
      'Content-Type': `multipart/form-data; boundary=${boundary}`,
      'Content-Length': begin.length + TRAILER_BYTES + end.length,
    },
    newBody: () => [begin, uniqueTrailer(), end],
  };
}
