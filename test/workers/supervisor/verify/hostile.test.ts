import type { FileHandle } from 'node:fs/promises';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { OUTPUT_FORMATS, type OutputFormat } from '../../../../shared/domain/image.ts';
import { BadOutput } from '../../../../workers/supervisor/bad-output.ts';
import { READER_BYTES, TAKEN_AT_MOST } from '../../../../workers/supervisor/verify/output-reader.ts';
import { verifyOutput } from '../../../../workers/supervisor/verify/verify-output.ts';
import { pngChunk } from '../../../fixtures/headers/png.ts';
import { exif } from '../../../fixtures/metadata/exif.ts';
import { sha256Of } from '../../../helpers/job-records.ts';
import { CopyInMemory } from '../../../helpers/memory-file.ts';
import { mutantsOf } from '../../../helpers/mutants.ts';
import { verified } from '../../../helpers/verified.ts';

const SIZE = { width: 24, height: 17 };

/** Of each format, with alpha where it has any, and with the copyright that may be kept. */
const FILES = Object.fromEntries(
  await Promise.all(
    OUTPUT_FORMATS.map(async (format) => {
      const pixels = Buffer.alloc(SIZE.width * SIZE.height * 4, 77);
      const picture = sharp(pixels, { raw: { ...SIZE, channels: 4 } });
      const credited = picture.withExif({ IFD0: { Copyright: '(c) Ada', Artist: 'Ada' } });
      return [format, await credited.toFormat(format, { effort: 1 }).toBuffer()];
    }),
  ),
) as Record<OutputFormat, Buffer>;

/** True where it passes; whatever else is thrown than a verdict fails the test. */
async function passes(format: OutputFormat, file: Uint8Array, piece?: number): Promise<boolean> {
  try {
    const limits = piece === undefined ? {} : { piece };
    const { sha256 } = await verified(format, file, SIZE, { mayHaveCredit: true, ...limits });
    expect(sha256).toBe(sha256Of(file));
    return true;
  } catch (error) {
    if (!(error instanceof BadOutput)) throw error;
    return false;
  }
}

const anyFormat = fc.constantFrom(...OUTPUT_FORMATS);

interface Change {
  at: number;
  removed: number;
  put: Uint8Array;
}

const changes = fc.array(
  fc.record({ at: fc.nat(4_000), removed: fc.nat(8), put: fc.uint8Array({ maxLength: 8 }) }),
  { minLength: 1, maxLength: 4 },
);

const changed = (file: Uint8Array, { at, removed, put }: Change): Uint8Array => {
  const from = at % file.length;
  return Buffer.concat([file.subarray(0, from), put, file.subarray(from + removed)]);
};

describe('whatever is in a file, there is a verdict and nothing else', () => {
  test('of good files', async () => {
    for (const format of OUTPUT_FORMATS) expect(await passes(format, FILES[format])).toBe(true);
  });

  test('of any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(anyFormat, fc.uint8Array({ minLength: 1, maxLength: 400 }), async (format, file) => {
        expect(await passes(format, file)).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  test('of any change to a good file, however its bytes come', async () => {
    await fc.assert(
      fc.asyncProperty(anyFormat, changes, fc.integer({ min: 1, max: 99 }), async (format, all, piece) => {
        const file = all.reduce(changed, FILES[format]);
        expect(await passes(format, file, piece)).toBe(await passes(format, file));
      }),
      { numRuns: 2_000 },
    );
  });

  test.each(OUTPUT_FORMATS)(
    'of any change to the structure of a good %s, however its bytes come',
    async (format) => {
      await fc.assert(
        fc.asyncProperty(
          mutantsOf(format, FILES[format]),
          fc.integer({ min: 7, max: 99 }),
          async (file, piece) => {
            fc.pre(file.length > 0);
            expect(await passes(format, file, piece)).toBe(await passes(format, file));
          },
        ),
        { numRuns: 200 },
      );
    },
  );

  test('of a good file that is cut anywhere, which is always bad', async () => {
    for (const format of OUTPUT_FORMATS) {
      for (let end = 1; end < FILES[format].length; end++) {
        expect(await passes(format, FILES[format].subarray(0, end))).toBe(false);
      }
    }
  });

  test('of a good file with anything behind it, which is always bad', async () => {
    const more = fc.uint8Array({ minLength: 1, maxLength: 100 });
    await fc.assert(
      fc.asyncProperty(anyFormat, more, async (format, behind) => {
        expect(await passes(format, Buffer.concat([FILES[format], behind]))).toBe(false);
      }),
    );
  });
});

describe('no file makes the parent work or hold much', () => {
  /** A file of many GiB that is the same wherever it is read, and how much of it was read. */
  function endless(pattern: Buffer) {
    let read = 0;
    const file = {
      async read(to: Buffer, offset: number, length: number) {
        to.fill(pattern, offset, offset + length);
        read += length;
        return { bytesRead: length, buffer: to };
      },
    };
    return { file: file as Pick<FileHandle, 'read'>, read: () => read };
  }

  test.each(OUTPUT_FORMATS)('%s: it stops at the first thing that is wrong', async (format) => {
    const { file, read } = endless(Buffer.from('no picture '));
    const output = { name: 'thumb', format, ...SIZE, frames: 1, bytes: 2 ** 40 };
    const buffer = Buffer.allocUnsafe(READER_BYTES);
    const copy = new CopyInMemory();
    await expect(verifyOutput(file, output, copy, false, buffer)).rejects.toThrow(BadOutput);
    expect(read()).toBeLessThanOrEqual(READER_BYTES);
    expect(copy.bytes.length).toBeLessThanOrEqual(READER_BYTES);
  });

  test('a JPEG of tables without end is given up after a thousand', async () => {
    const table = Buffer.concat([Buffer.from('ffdb004300', 'hex'), Buffer.alloc(64)]);
    const file = Buffer.concat([Buffer.from('ffd8', 'hex'), ...Array(5_000).fill(table)]);
    await expect(verified('jpeg', file, SIZE)).rejects.toThrow('too many segments');
  });

  test('a PNG of empty chunks is given up, and one of as many chunks that hold something is not', async () => {
    const idat = FILES.png.indexOf('IDAT') - 4;
    const withChunks = (length: number) => {
      const chunks = Array<Uint8Array>(12_000).fill(pngChunk('IDAT', new Uint8Array(length)));
      return Buffer.concat([FILES.png.subarray(0, idat), ...chunks, FILES.png.subarray(idat)]);
    };
    const verdict = verified('png', withChunks(0), SIZE, { mayHaveCredit: true });
    await expect(verdict).rejects.toThrow('has too many parts');
    await verified('png', withChunks(1024), SIZE, { mayHaveCredit: true });
  });

  test('a block of EXIF whose tags all point to the whole of it', async () => {
    const tags = Object.fromEntries(Array.from({ length: 300 }, (_, tag) => [tag + 1, new Uint8Array(5)]));
    const tiff = Buffer.from(exif(tags));
    for (let entry = 10; entry < 10 + 12 * 300; entry += 12) {
      tiff.writeUInt32BE(tiff.length, entry + 4);
      tiff.writeUInt32BE(0, entry + 8);
    }
    const length = Buffer.alloc(2);
    length.writeUInt16BE(tiff.length + 8);
    const file = Buffer.concat([Buffer.from('ffd8ffe1', 'hex'), length, Buffer.from('Exif\0\0'), tiff]);
    await expect(verified('jpeg', file, SIZE, { mayHaveCredit: true })).rejects.toThrow(BadOutput);
  });

  test('a header that is longer than any', async () => {
    const webp = Buffer.from(FILES.webp);
    const at = webp.lastIndexOf('EXIF');
    const long = Buffer.concat([webp.subarray(0, at + 8), Buffer.alloc(2 * TAKEN_AT_MOST)]);
    long.writeUInt32LE(2 * TAKEN_AT_MOST, at + 4);
    long.writeUInt32LE(long.length - 8, 4);
    await expect(verified('webp', long, SIZE, { mayHaveCredit: true })).rejects.toThrow('carries EXIF');
  });
});
