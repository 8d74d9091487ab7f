import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inspect } from '../../../../server/intake/inspect/inspect.ts';
import { FRAMES_COUNTED_AT_MOST } from '../../../../server/intake/inspect/inspection.ts';
import { boxes } from '../../../../server/intake/inspect/iso-boxes.ts';
import { sniff } from '../../../../server/intake/inspect/sniff.ts';
import { WINDOW_BYTES, WindowReader } from '../../../../server/intake/inspect/window-reader.ts';
import { ImageHeader } from '../../../../shared/domain/image.ts';
import { CountingSource } from '../../../fixtures/headers/counting-source.ts';
import { basePictures } from '../../../fuzz/pictures/base-pictures.ts';
import { mutantsOf } from '../../../helpers/mutants.ts';

const PICTURES = await basePictures();
const RUNS = 40;

/** What a file begins with decides who reads it. */
const BEGINNINGS = [
  '\xff\xd8',
  '\x89PNG\r\n\x1a\n',
  'GIF89a',
  'II*\0',
  'MM\0*',
  'II+\0',
  'MM\0+',
  'RIFF\0\0\0\0WEBPVP8X',
  'RIFF\0\0\0\0WEBPVP8 ',
  '\0\0\0\x18ftypavif',
  '\0\0\0\x10ftypheic\0\0\0\0',
  '',
];

const anyFile = fc
  .tuple(fc.constantFrom(...BEGINNINGS), fc.uint8Array({ maxLength: 3 * WINDOW_BYTES, size: 'max' }))
  .map(([beginning, rest]) => Buffer.concat([Buffer.from(beginning, 'latin1'), rest]));

/** The answer is a value of ours, and what it costs is bounded by the size of the file: only the pages of a TIFF may lie anywhere. */
async function expectAnswer(file: Uint8Array): Promise<void> {
  const source = new CountingSource(file);
  const found = await inspect(source);
  if (found.kind === 'image') ImageHeader.parse(found.header);
  const mostReads = 20 + (3 * file.length) / WINDOW_BYTES + 2 * FRAMES_COUNTED_AT_MOST;
  expect(source.reads).toBeLessThanOrEqual(mostReads);
  expect(source.bytesRead).toBeLessThanOrEqual(source.reads * WINDOW_BYTES);
}

describe('whatever the bytes are, inspection answers', () => {
  test('of any file that begins as one that is accepted', async () => {
    await fc.assert(fc.asyncProperty(anyFile, expectAnswer), { numRuns: 100 });
  });

  test.each(PICTURES)('of mutants of $name', async ({ bytes }) => {
    const found = sniff(bytes);
    const format = found.kind === 'accepted' ? found.format : 'none';
    await fc.assert(fc.asyncProperty(mutantsOf(format, bytes), expectAnswer), { numRuns: RUNS });
  });
});

test('what a file is is told by its first bytes alone, and in a name of ours', () => {
  fc.assert(
    fc.property(anyFile, fc.uint8Array({ maxLength: 100 }), (file, behind) => {
      const found = sniff(file);
      if (found.kind === 'unsupported') expect(found.found).toMatch(/^[\w .,/&+-]{1,40}$/);
      if (file.length >= 1024) expect(sniff(Buffer.concat([file, behind]))).toEqual(found);
    }),
  );
});

test('boxes lie one behind the other in what they stand in, however they say that they lie', async () => {
  const box = fc
    .tuple(
      fc.oneof(fc.nat(64), fc.nat(0xffffffff)),
      fc.string({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ maxLength: 24 }),
    )
    .map(([size, type, content]) => {
      const head = Buffer.alloc(8);
      head.writeUInt32BE(size);
      head.write(type, 4, 'latin1');
      return Buffer.concat([head, content]);
    });
  await fc.assert(
    fc.asyncProperty(
      fc.array(box, { maxLength: 30 }),
      fc.nat(40),
      fc.nat(400),
      async (all, start, length) => {
        const file = Buffer.concat(all);
        const end = Math.min(file.length, start + length);
        let last = start;
        for await (const found of boxes(new WindowReader(new CountingSource(file)), start, end)) {
          expect(found.start).toBeGreaterThanOrEqual(last + 8);
          expect(found.end).toBeGreaterThanOrEqual(found.start);
          expect(found.end).toBeLessThanOrEqual(end);
          last = found.end;
        }
      },
    ),
  );
});

test('a window shows the bytes of the file, or nothing', async () => {
  const file = Buffer.from(Array.from({ length: 3 * WINDOW_BYTES }, (_, at) => (at * 7) ^ (at >> 8)));
  const look = fc.tuple(
    fc.oneof(
      fc.integer({ min: -10, max: 4 * WINDOW_BYTES }),
      fc.constantFrom(2 ** 31, 2 ** 53, 2 ** 64, Number.NaN),
    ),
    fc.nat(WINDOW_BYTES + 10),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(look, { maxLength: 20 }), async (looks) => {
      const reader = new WindowReader(new CountingSource(file));
      for (const [offset, length] of looks) {
        const view = await reader.view(offset, length);
        const isInside =
          Number.isSafeInteger(offset) &&
          offset >= 0 &&
          offset + length <= file.length &&
          length <= WINDOW_BYTES;
        if (!isInside && length > 0) expect(view).toBeUndefined();
        if (view)
          expect(
            Buffer.from(view.buffer, view.byteOffset, view.byteLength).equals(
              file.subarray(offset, offset + length),
            ),
          ).toBe(true);
      }
    }),
  );
});
