import { describe, expect, test } from 'vitest';
import { FRAMES_COUNTED_AT_MOST } from '../../../../server/intake/inspect/inspection.ts';
import { LONG, LONG8, SHORT, type TiffShape, tiff, tiffSize } from '../../../fixtures/headers/tiff.ts';
import { damagedBecause, imageOf, inspectBytes } from './expectations.ts';

const SIZE = tiffSize(640, 480);
const NO_SIZE = 'its first page has no readable width or height';
const NO_PAGE = 'it has no readable first page';

describe.each<[string, TiffShape]>([
  ['little-endian', { littleEndian: true }],
  ['big-endian', { littleEndian: false }],
  ['little-endian BigTIFF', { littleEndian: true, big: true }],
  ['big-endian BigTIFF', { littleEndian: false, big: true }],
])('a %s TIFF', (_name, shape) => {
  test.each([SHORT, LONG])('gives the size of its first page, in field type %i', async (type) => {
    const file = tiff([tiffSize(640, 480, type), tiffSize(9, 9)], shape);
    expect(await inspectBytes(file)).toEqual(imageOf('tiff', 640, 480, 2));
  });

  test('has as many frames as pages', async () => {
    const pages = (count: number) => Array.from({ length: count }, () => SIZE);
    expect(await inspectBytes(tiff(pages(30), shape))).toEqual(imageOf('tiff', 640, 480, 30));
    expect(await inspectBytes(tiff(pages(FRAMES_COUNTED_AT_MOST + 5), shape))).toEqual(
      imageOf('tiff', 640, 480, FRAMES_COUNTED_AT_MOST),
    );
  });

  test('ends its pages where the chain returns to one of them', async () => {
    const start = shape.big ? 16 : 8;
    expect(await inspectBytes(tiff([SIZE], { ...shape, links: { 0: start } }))).toEqual(
      imageOf('tiff', 640, 480, 1),
    );
    expect(await inspectBytes(tiff([SIZE, SIZE, SIZE], { ...shape, links: { 2: start } }))).toEqual(
      imageOf('tiff', 640, 480, 3),
    );
  });

  test('ends its pages where the chain leaves the file', async () => {
    expect(await inspectBytes(tiff([SIZE, SIZE], { ...shape, links: { 0: 2 ** 32 - 1 } }))).toEqual(
      imageOf('tiff', 640, 480, 1),
    );
  });
});

test('a BigTIFF may keep its size in 64 bits', async () => {
  expect(await inspectBytes(tiff([tiffSize(640, 480, LONG8)], { big: true }))).toEqual(
    imageOf('tiff', 640, 480),
  );
});

test('the first of several widths counts, as in libtiff', async () => {
  const file = tiff([[...SIZE, ...tiffSize(1, 1)]]);
  expect(await inspectBytes(file)).toEqual(imageOf('tiff', 640, 480));
});

describe('a TIFF is damaged', () => {
  const [width, height] = tiffSize(640, 480, LONG);
  const patched = (at: number, ...values: number[]) => {
    const file = tiff([SIZE]);
    file.set(values, at);
    return file;
  };
  const patchedBig = (at: number, ...values: number[]) => {
    const file = tiff([SIZE], { big: true });
    file.set(values, at);
    return file;
  };
  test.each([
    ['without a width', tiff([tiffSize(0, 480)]), 'its width or height is zero'],
    ['without a height', tiff([tiffSize(640, 0)]), 'its width or height is zero'],
    ['without a width entry', tiff([height ? [height] : []]), NO_SIZE],
    ['without a height entry', tiff([width ? [width] : []]), NO_SIZE],
    [
      'with a width that is a list',
      tiff([[{ tag: 256, type: SHORT, value: 1, count: 2 }, ...SIZE]]),
      NO_SIZE,
    ],
    ['with a width that is text', tiff([[{ tag: 256, type: 2, value: 1 }, ...SIZE]]), NO_SIZE],
    ['with 64 bits outside BigTIFF', tiff([tiffSize(640, 480, LONG8)]), NO_SIZE],
    ['with more than 32 bits of width', tiff([tiffSize(2 ** 32, 480, LONG8)], { big: true }), NO_SIZE],
    ['without entries', tiff([[]]), NO_PAGE],
    [
      'with more entries than libtiff takes',
      tiff([[...SIZE, ...Array(4095).fill({ tag: 1, type: SHORT, value: 1 })]]),
      NO_PAGE,
    ],
    ['with a first page at 0', patched(4, 0, 0, 0, 0), NO_PAGE],
    ['with a first page beyond the end', patched(4, 0xff, 0xff, 0xff, 0xff), NO_PAGE],
    ['with more entries than fit', patched(8, 0xff, 0xff), NO_PAGE],
    ['with 2^63 entries', patchedBig(16, 0, 0, 0, 0, 0, 0, 0, 0x80), NO_PAGE],
    [
      'with offsets of another width',
      patchedBig(4, 4),
      'it ends within its header, or contradicts itself there',
    ],
  ])('%s', async (_name, file, reason) => {
    expect(await inspectBytes(file)).toEqual(damagedBecause('tiff', reason));
  });
});
