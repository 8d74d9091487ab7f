import { describe, expect, test } from 'vitest';
import {
  AVIF_FTYP,
  avif,
  box,
  ftyp,
  fullBox,
  ipma,
  iprp,
  ispe,
  meta,
  moov,
  pitm,
} from '../../../fixtures/headers/avif.ts';
import { be16, be32, bytes, type Part, zeros } from '../../../fixtures/headers/bytes.ts';
import { damagedBecause, imageOf, inspectBytes } from './expectations.ts';

const SIZE = ispe(640, 480);
const PROPERTIES = iprp([SIZE], ipma({ 1: [1] }));
const STILL = meta(pitm(1), PROPERTIES);
const file = (...boxes: Part[]) => bytes(AVIF_FTYP, ...boxes);
const large = (type: string, body: Uint8Array) => bytes(be32(1), type, be32(0), be32(body.length + 16), body);
const toTheEnd = (type: string, body: Uint8Array) => bytes(be32(0), type, body);

const grid = meta(pitm(5), iprp([ispe(320, 240), SIZE], ipma({ 1: [1], 2: [1], 5: [0x80 | 2] })));
const wideIds = meta(
  fullBox('pitm', 1, 0, be32(70_000)),
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
      file(meta(pitm(1), box('iprp', ipma({ 1: [1] }), box('ipco', SIZE)))),
    ],
    [
      'with associations in several boxes',
      file(meta(pitm(2), iprp([SIZE], ipma({ 1: [] }), ipma({ 2: [1] })))),
    ],
    ['the larger of two sizes', file(meta(pitm(1), iprp([ispe(1, 1), SIZE], ipma({ 1: [1, 2] }))))],
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

describe('an AVIF is damaged', () => {
  const NO_PICTURE = 'it does not say which picture it shows';
  const NO_SIZE = 'its picture has no size';
  const countless = fullBox('ipma', 0, 0, be32(2 ** 32 - 1), be16(2), [0]);
  test.each([
    ['without a meta box', file(box('mdat', zeros(9))), NO_PICTURE],
    ['without a primary item', file(meta(PROPERTIES)), NO_PICTURE],
    ['with an empty primary item', file(meta(box('pitm'), PROPERTIES)), NO_PICTURE],
    ['without properties', file(meta(pitm(1))), NO_PICTURE],
    ['without a list of properties', file(meta(pitm(1), box('iprp', ipma({ 1: [1] })))), NO_PICTURE],
    ['with a meta box beyond the end', file(STILL).slice(0, -1), NO_PICTURE],
    ['with a box of size 7', file(be32(7), 'free', STILL), NO_PICTURE],
    ['with a box of 64-bit size 15', file(be32(1), 'free', be32(0), be32(15), STILL), NO_PICTURE],
    [
      'with a box of 2^64 - 1 bytes',
      file(be32(1), 'free', be32(2 ** 32 - 1), be32(2 ** 32 - 1), STILL),
      NO_PICTURE,
    ],
    ['without associations', file(meta(pitm(1), iprp([SIZE]))), NO_SIZE],
    ['with a size of another item', file(meta(pitm(1), iprp([SIZE], ipma({ 2: [1] })))), NO_SIZE],
    ['with a property that is not there', file(meta(pitm(1), iprp([SIZE], ipma({ 1: [2] })))), NO_SIZE],
    ['with more associations than fit', file(meta(pitm(1), iprp([SIZE], countless))), NO_SIZE],
    ['with a short size', file(meta(pitm(1), iprp([box('ispe', zeros(11))], ipma({ 1: [1] })))), NO_SIZE],
    [
      'without a width',
      file(meta(pitm(1), iprp([ispe(0, 480)], ipma({ 1: [1] })))),
      'its width or height is zero',
    ],
    [
      'without a height',
      file(meta(pitm(1), iprp([ispe(640, 0)], ipma({ 1: [1] })))),
      'its width or height is zero',
    ],
  ])('%s', async (_name, bytesOfFile, reason) => {
    expect(await inspectBytes(bytesOfFile)).toEqual(damagedBecause('avif', reason));
  });
});
