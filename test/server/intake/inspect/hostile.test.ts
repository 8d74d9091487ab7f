import { describe, expect, test } from 'vitest';
import { inspect } from '../../../../server/intake/inspect/inspect.ts';
import { FRAMES_COUNTED_AT_MOST } from '../../../../server/intake/inspect/inspection.ts';
import { WINDOW_BYTES } from '../../../../server/intake/inspect/window-reader.ts';
import { ImageHeader } from '../../../../shared/domain/image.ts';
import { be16, be32, bytes, zeros } from '../../../fixtures/headers/bytes.ts';
import { CountingSource } from '../../../fixtures/headers/counting-source.ts';
import * as gif from '../../../fixtures/headers/gif.ts';
import * as heif from '../../../fixtures/headers/heif.ts';
import * as jpeg from '../../../fixtures/headers/jpeg.ts';
import * as png from '../../../fixtures/headers/png.ts';
import { seededRandom } from '../../../fixtures/headers/seeded-random.ts';
import * as tiff from '../../../fixtures/headers/tiff.ts';
import * as webp from '../../../fixtures/headers/webp.ts';

const MIB = 2 ** 20;
const MUTATIONS = 3000;
const SIZE = tiff.tiffSize(640, 480);

const SAMPLES: readonly (readonly [string, Uint8Array])[] = [
  [
    'jpeg',
    jpeg.jpeg(jpeg.JFIF, jpeg.jpegSegment(0xdb, zeros(65)), jpeg.jpegFrameHeader(640, 480), [0xff, 0xda]),
  ],
  [
    'png',
    png.png(png.pngHeader(640, 480), png.pngChunk('acTL', zeros(8)), png.pngChunk('tEXt', 'k\0v'), png.IDAT),
  ],
  ['lossy webp', webp.webp(webp.vp8(640, 480))],
  ['lossless webp', webp.webp(webp.vp8l(640, 480))],
  ['animated webp', webp.webp(webp.vp8x(64, 48, webp.ANIMATED), webp.ANMF, webp.ANMF, webp.ANMF)],
  [
    'gif',
    gif.gif(
      64,
      48,
      gif.GRAPHIC_CONTROL,
      gif.gifFrame(64, 48),
      gif.GIF_COMMENT,
      gif.gifFrame(9, 9),
      gif.GIF_TRAILER,
    ),
  ],
  ['little-endian tiff', tiff.tiff([SIZE, SIZE, SIZE])],
  ['big-endian BigTIFF', tiff.tiff([SIZE, SIZE], { littleEndian: false, big: true })],
  ['avif', bytes(heif.avif(640, 480), heif.moov(3, 3), heif.box('mdat', zeros(40)))],
  ['heic', bytes(heif.heicGrid(640, 480), heif.box('mdat', zeros(40)))],
];

/** What any answer to any input has to be, and what it may cost. */
async function expectBounded(file: Uint8Array): Promise<void> {
  const source = new CountingSource(file);
  const inspection = await inspect(source);

  if (inspection.kind === 'image') expect(ImageHeader.safeParse(inspection.header).success).toBe(true);
  else if (inspection.kind === 'damaged') expect(inspection.reason).not.toBe('');
  else expect(inspection.found).not.toBe('');
  expect(source.reads).toBeLessThanOrEqual(readsAtMost(file));
}

/** Walks go forward, some of them three times over the file; only the pages of a TIFF may lie anywhere. */
function readsAtMost(file: Uint8Array): number {
  const scattered = file[0] === file[1] ? 2 * FRAMES_COUNTED_AT_MOST : 0;
  return 20 + (3 * file.length) / WINDOW_BYTES + scattered;
}

describe.each(SAMPLES)('a %s', (_name, sample) => {
  test('is read whole', async () => {
    expect((await inspect(new CountingSource(sample))).kind).toBe('image');
  });

  test('gets an answer when cut anywhere', async () => {
    for (let length = 0; length < sample.length; length += 1) await expectBounded(sample.slice(0, length));
  });

  test('gets an answer with any byte at an extreme', async () => {
    for (let at = 0; at < sample.length; at += 1) {
      for (const value of [0, 1, 0x7f, 0x80, 0xff])
        await expectBounded(bytes(sample).fill(value, at, at + 1));
    }
  });

  test('gets an answer with any four bytes at an extreme', async () => {
    for (let at = 0; at < sample.length; at += 1) {
      for (const value of [0, 0xff]) await expectBounded(bytes(sample).fill(value, at, at + 4));
    }
  });

  test('gets an answer under random mutations', async () => {
    const random = seededRandom(20_260_101);
    const below = (limit: number) => Math.floor(random() * limit);
    for (let round = 0; round < MUTATIONS; round += 1) {
      const mutant = bytes(sample.slice(0, 1 + below(2 * sample.length)));
      for (let change = below(6); change >= 0; change -= 1) {
        const at = below(mutant.length);
        // Often copied from elsewhere in the file, so that lengths and offsets meet real structures.
        if (random() < 0.3) mutant.copyWithin(at, below(mutant.length), below(mutant.length));
        else mutant[at] = below(256);
      }
      await expectBounded(mutant);
    }
  });
});

/** A TIFF whose pages lie a window apart and are chained in leaps, so that each costs a read. */
function scatteredTiff(): Uint8Array {
  const file = new DataView(new ArrayBuffer(4 * MIB));
  file.setUint32(0, 0x49492a00);
  const places = file.byteLength / WINDOW_BYTES - 1;
  let at = WINDOW_BYTES;
  file.setUint32(4, at, true);
  for (let place = 0; place < places; place += 1) {
    const next = (((place * 577 + 577) % places) + 1) * WINDOW_BYTES;
    new Uint8Array(file.buffer).set(tiff.tiff([SIZE]).slice(8), at);
    file.setUint32(at + 26, next, true);
    at = next;
  }
  return new Uint8Array(file.buffer);
}

function repeated(head: Uint8Array, unit: Uint8Array, size = MIB): Uint8Array {
  return bytes(head, new Uint8Array(Buffer.alloc(size, unit)));
}

/** Whose primary item 1 is made of 2, and that of 3, which is coded: each is looked for in lists of the items and of who is derived. */
function turnedGrid(items: number[], derived: number[]): Uint8Array {
  const typeOf = (item: number) => (item === 3 ? 'hvc1' : 'grid');
  const infe = items.map((item) => heif.fullBox('infe', 2, 0, be16(item), be16(0), typeOf(item), '\0'));
  const dimg = derived.map((item) => heif.box('dimg', be16(item), be16(1), be16(item + 1)));
  const properties = heif.iprp([heif.ispe(1, 1)], heif.ipma({ 1: [1] }));
  const iinf = heif.fullBox('iinf', 0, 0, be16(items.length), ...infe);
  return bytes(
    heif.HEIC_FTYP,
    heif.meta(heif.pitm(1), iinf, heif.fullBox('iref', 0, 0, ...dimg), properties),
  );
}

describe('the cost stays bounded for', () => {
  const boxHead = (type: string, size: number) => bytes(be32(size), type);
  test.each([
    ['a JPEG of fill bytes', repeated(jpeg.jpeg(), bytes([0xff]))],
    ['a JPEG of junk', repeated(jpeg.jpeg([0xff]), bytes([0x00]))],
    ['a JPEG of empty segments', repeated(jpeg.jpeg(), bytes([0xff, 0xfe, 0, 2]))],
    ['a PNG of empty chunks', repeated(png.png(png.pngHeader(1, 1)), png.pngChunk('tEXt', ''))],
    ['a PNG of animation headers', repeated(png.png(png.pngHeader(1, 1)), png.pngChunk('acTL', zeros(8)))],
    [
      'a WebP of empty chunks',
      repeated(webp.webp(webp.vp8x(1, 1, webp.ANIMATED)), webp.riffChunk('JUNK', '')),
    ],
    ['a GIF of empty comments', repeated(gif.gif(1, 1), bytes([0x21, 0xfe, 0]))],
    ['a GIF of one-byte sub-blocks', repeated(gif.gif(1, 1, [0x21, 0xfe]), bytes([1, 1]))],
    [
      'a TIFF of the most entries',
      tiff.tiff([Array.from({ length: 65_535 }, () => ({ tag: 1, type: 3, value: 1 }))]),
    ],
    ['a TIFF of scattered pages', scatteredTiff()],
    ['an AVIF of empty boxes', repeated(heif.AVIF_FTYP, heif.box('free'))],
    [
      'an AVIF of empty properties',
      repeated(bytes(heif.AVIF_FTYP, boxHead('meta', MIB), zeros(4)), heif.box('free')),
    ],
    ['an AVIF of empty tracks', repeated(bytes(heif.avif(1, 1), boxHead('moov', MIB)), heif.box('trak'))],
    ['a HEIC of countless items', turnedGrid([...Array(30_000).fill(9), 1, 2, 3], [1, 2])],
    ['a HEIC of countless references', turnedGrid([1, 2, 3], [...Array(30_000).fill(9), 1, 2])],
    [
      'an AVIF of empty associations',
      bytes(
        heif.AVIF_FTYP,
        heif.meta(
          heif.pitm(1),
          heif.iprp(
            [heif.ispe(1, 1)],
            heif.fullBox('ipma', 0, 0, be32(2 ** 32 - 1), new Uint8Array(3 * 300_000)),
          ),
        ),
      ),
    ],
  ])('%s', async (_name, file) => {
    await expectBounded(file);
  });
});
