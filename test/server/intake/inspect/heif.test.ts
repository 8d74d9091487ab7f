import { describe, expect, test } from 'vitest';
import { be16, be32, bytes, type Part, zeros } from '../../../fixtures/headers/bytes.ts';
import {
  AV1,
  AVIF_FTYP,
  avif,
  box,
  ftyp,
  fullBox,
  HEIC_FTYP,
  heicGrid,
  iinf,
  ipma,
  iprp,
  iref,
  ispe,
  meta,
  moov,
  pitm,
} from '../../../fixtures/headers/heif.ts';
import { damagedBecause, imageOf, inspectBytes } from './expectations.ts';

const SIZE = ispe(640, 480);
const PROPERTIES = iprp([SIZE], ipma({ 1: [1] }));
const STILL = meta(pitm(1), AV1, PROPERTIES);
const file = (...boxes: Part[]) => bytes(AVIF_FTYP, ...boxes);
const large = (type: string, body: Uint8Array) => bytes(be32(1), type, be32(0), be32(body.length + 16), body);
const toTheEnd = (type: string, body: Uint8Array) => bytes(be32(0), type, body);

const grid = meta(
  pitm(5),
  iinf({ 1: 'av01', 2: 'av01', 5: 'grid' }),
  iref({ 5: [1, 2] }),
  iprp([ispe(320, 240), SIZE], ipma({ 1: [1], 2: [1], 5: [0x80 | 2] })),
);
const wideIds = meta(
  fullBox('pitm', 1, 0, be32(70_000)),
  fullBox('iinf', 1, 0, be32(1), fullBox('infe', 3, 0, be32(70_000), be16(0), 'av01\0')),
  iprp([SIZE], fullBox('ipma', 1, 1, be32(1), be32(70_000), [1], be16(0x8001))),
);

describe('an AVIF gives the size of its primary item', () => {
  test.each([
    ['of one picture', avif(640, 480)],
    ['of a grid, not of its tiles', file(grid)],
    ['with wide item ids and property numbers', file(wideIds)],
    ['behind other boxes', file(box('free', zeros(9000)), box('mdat', zeros(9000)), STILL)],
    [
      'with associations before the properties',
      file(meta(pitm(1), AV1, box('iprp', ipma({ 1: [1] }), box('ipco', SIZE)))),
    ],
    [
      'with associations in several boxes',
      file(meta(pitm(2), iinf({ 2: 'av01' }), iprp([SIZE], ipma({ 1: [] }), ipma({ 2: [1] })))),
    ],
    ['the larger of two sizes', file(meta(pitm(1), AV1, iprp([ispe(1, 1), SIZE], ipma({ 1: [1, 2] }))))],
    ['in boxes with 64-bit sizes', file(large('mdat', zeros(20)), large('meta', STILL.slice(8)))],
    ['in a box that runs to the end', file(toTheEnd('meta', STILL.slice(8)))],
    ['before picture data that is cut off', file(STILL, be32(1000), 'mdat')],
    ['by a compatible brand', bytes(ftyp('mif1', 'miaf', 'avif'), STILL)],
  ])('%s', async (_name, bytesOfFile) => {
    expect(await inspectBytes(bytesOfFile)).toEqual(imageOf('avif', 640, 480));
  });

  test.each([
    ['the samples of a sequence', file(STILL, moov(48)), 48],
    ['the longest of its tracks', file(STILL, moov(48, 50, 49)), 50],
    ['one, where the track counts none', file(STILL, moov(0)), 1],
    ['one, where the track is incomplete', file(STILL, box('moov', box('trak', box('mdia')))), 1],
  ])('its frames are %s', async (_name, bytesOfFile, frames) => {
    expect(await inspectBytes(bytesOfFile)).toEqual(imageOf('avif', 640, 480, frames));
  });
});

describe('a HEIF that does not say which picture it shows is damaged', () => {
  test.each([
    ['without a meta box', file(box('mdat', zeros(9)))],
    ['without a primary item', file(meta(AV1, PROPERTIES))],
    ['with an empty primary item', file(meta(box('pitm'), AV1, PROPERTIES))],
    ['without properties', file(meta(pitm(1), AV1))],
    ['without a list of properties', file(meta(pitm(1), AV1, box('iprp', ipma({ 1: [1] }))))],
    ['with a meta box beyond the end', file(STILL).slice(0, -1)],
    ['with a box of size 7', file(be32(7), 'free', STILL)],
    ['with a box of 64-bit size 15', file(be32(1), 'free', be32(0), be32(15), STILL)],
    ['with a box of 2^64 - 1 bytes', file(be32(1), 'free', be32(2 ** 32 - 1), be32(2 ** 32 - 1), STILL)],
  ])('%s', async (_name, bytesOfFile) => {
    expect(await inspectBytes(bytesOfFile)).toEqual(
      damagedBecause('heif', 'it does not say which picture it shows'),
    );
  });
});

describe('a HEIF that does not say how its picture is coded is damaged', () => {
  const of = (...boxes: Part[]) => file(meta(pitm(1), PROPERTIES, ...boxes));
  test.each([
    ['without a list of items', of()],
    ['with a list of others', of(iinf({ 2: 'hvc1' }))],
    ['with an item of no type', of(fullBox('iinf', 0, 0, be16(1), fullBox('infe', 2, 0, be16(1))))],
    ['with a grid of nothing', of(iinf({ 1: 'grid' }))],
    ['with a grid of no tiles', of(iinf({ 1: 'grid' }), iref({ 1: [] }))],
    ['with a grid of an item that is not there', of(iinf({ 1: 'grid' }), iref({ 1: [2] }))],
    ['with a grid of itself', of(iinf({ 1: 'grid' }), iref({ 1: [1] }))],
  ])('%s', async (_name, bytesOfFile) => {
    expect(await inspectBytes(bytesOfFile)).toEqual(
      damagedBecause('heif', 'it does not say how its picture is coded'),
    );
  });
});

describe('the coding of a HEIF is that of its primary item, whatever its brands say', () => {
  const of = (brands: Uint8Array, type: string, ...more: Part[]) =>
    bytes(brands, meta(pitm(1), iinf({ 1: type, 2: 'hvc1', 3: 'grid', 4: 'av01' }), PROPERTIES, ...more));
  test.each([
    ['HEVC', of(HEIC_FTYP, 'hvc1'), 'heic'],
    ['HEVC in a file of structural brands', of(ftyp('mif1', 'miaf'), 'hvc1'), 'heic'],
    ['HEVC in a file that calls itself AVIF', of(AVIF_FTYP, 'hvc1'), 'heic'],
    ['AV1 in a file that calls itself HEIC', of(HEIC_FTYP, 'av01'), 'avif'],
    ['AV1 in a file of structural brands', of(ftyp('mif1', 'miaf'), 'av01'), 'avif'],
    ['HEVC in the tiles of a grid', of(HEIC_FTYP, 'grid', iref({ 1: [2] })), 'heic'],
    ['AV1 in the tiles of a grid', of(HEIC_FTYP, 'grid', iref({ 1: [4, 2] })), 'avif'],
    ['HEVC in a turned grid', of(HEIC_FTYP, 'iden', iref({ 3: [2], 1: [3] })), 'heic'],
    ["HEVC in a phone's picture", heicGrid(640, 480), 'heic'],
  ] as const)('%s', async (_name, bytesOfFile, format) => {
    expect(await inspectBytes(bytesOfFile)).toEqual(imageOf(format, 640, 480));
  });

  test.each([
    ['JPEG in HEIF', 'jpeg'],
    ['JPEG 2000 in HEIF', 'j2k1'],
    ['uncompressed HEIF', 'unci'],
    ['H.264 in HEIF', 'avc1'],
    ['H.266 in HEIF', 'vvc1'],
    ['HEIF of an unknown coding', 'xxxx'],
  ])('%s is refused by name', async (found, type) => {
    expect(await inspectBytes(of(ftyp('mif1'), type))).toEqual({ kind: 'unsupported', found });
  });
});

describe('an AVIF is damaged', () => {
  const NO_SIZE = 'its picture has no size';
  const countless = fullBox('ipma', 0, 0, be32(2 ** 32 - 1), be16(2), [0]);
  test.each([
    ['without associations', file(meta(pitm(1), AV1, iprp([SIZE]))), NO_SIZE],
    ['with a size of another item', file(meta(pitm(1), AV1, iprp([SIZE], ipma({ 2: [1] })))), NO_SIZE],
    ['with a property that is not there', file(meta(pitm(1), AV1, iprp([SIZE], ipma({ 1: [2] })))), NO_SIZE],
    ['with more associations than fit', file(meta(pitm(1), AV1, iprp([SIZE], countless))), NO_SIZE],
    [
      'with a short size',
      file(meta(pitm(1), AV1, iprp([box('ispe', zeros(11))], ipma({ 1: [1] })))),
      NO_SIZE,
    ],
    [
      'without a width',
      file(meta(pitm(1), AV1, iprp([ispe(0, 480)], ipma({ 1: [1] })))),
      'its width or height is zero',
    ],
    [
      'without a height',
      file(meta(pitm(1), AV1, iprp([ispe(640, 0)], ipma({ 1: [1] })))),
      'its width or height is zero',
    ],
  ])('%s', async (_name, bytesOfFile, reason) => {
    expect(await inspectBytes(bytesOfFile)).toEqual(damagedBecause('avif', reason));
  });
});
