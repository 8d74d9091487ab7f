import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileByteSource } from '../../../../server/intake/inspect/file-byte-source.ts';
import { inspect } from '../../../../server/intake/inspect/inspect.ts';
import { zeros } from '../../../fixtures/headers/bytes.ts';
import { jpeg, jpegFrameHeader, jpegSegment } from '../../../fixtures/headers/jpeg.ts';
import { imageOf } from './expectations.ts';

async function withFile(content: Uint8Array, use: (path: string) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-inspect-'));
  try {
    await writeFile(join(folder, 'upload'), content);
    await use(join(folder, 'upload'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('reads any part of an open file, and what there is at its end', async () => {
  await withFile(new TextEncoder().encode('0123456789'), async (path) => {
    await using handle = await open(path);
    const source = fileByteSource(handle, 10);
    const read = async (offset: number, length: number) =>
      new TextDecoder().decode(await source.read(offset, length));
    expect(await read(3, 4)).toBe('3456');
    expect(await read(8, 4)).toBe('89');
    expect(await read(20, 4)).toBe('');
  });
});

test('a file on disk is inspected, and a closed one rejects: an I/O error is not a damaged picture', async () => {
  const content = jpeg(jpegSegment(0xe1, zeros(50_000)), jpegFrameHeader(640, 480));
  await withFile(content, async (path) => {
    const handle = await open(path);
    const source = fileByteSource(handle, content.length);
    expect(await inspect(source)).toEqual(imageOf('jpeg', 640, 480));
    await handle.close();
    await expect(inspect(source)).rejects.toThrow();
  });
});

test('a file that is shorter than it was said to be is damaged', async () => {
  const content = jpeg(jpegSegment(0xe1, zeros(50_000)), jpegFrameHeader(640, 480));
  await withFile(content.slice(0, 40_000), async (path) => {
    await using handle = await open(path);
    expect(await inspect(fileByteSource(handle, content.length))).toMatchObject({ kind: 'damaged' });
  });
});
