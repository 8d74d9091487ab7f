import { describe, expect, test } from 'vitest';
import { bytes, le32 } from '../../../../fixtures/headers/bytes.ts';
import { riffChunk } from '../../../../fixtures/headers/webp.ts';
import { verified } from '../../../../helpers/verified.ts';
import { CAMERA_EXIF, GPS_EXIF, GPS_XMP, insert, picture, refusal, SIZE, XMP } from './pictures.ts';

const WEBP = await picture().webp().toBuffer();
const WEBP_ALPHA = await picture(4).webp().toBuffer();

describe('a WebP is refused', () => {
  const chunks: [string, Uint8Array, number, string][] = [
    ['EXIF', riffChunk('EXIF', CAMERA_EXIF), 0x08, 'carries EXIF'],
    ['EXIF with a position', riffChunk('EXIF', GPS_EXIF), 0x08, 'carries a position'],
    ['EXIF as JPEG has it', riffChunk('EXIF', bytes('Exif\0\0', GPS_EXIF)), 0x08, 'carries a position'],
    ['XMP', riffChunk('XMP ', XMP), 0x04, 'carries XMP'],
    ['XMP with a position', riffChunk('XMP ', GPS_XMP), 0x04, 'carries a position'],
    ['a profile', riffChunk('ICCP', 'p3'), 0x20, 'carries a colour profile'],
    ['a chunk that nobody knows', riffChunk('prVt', 'Ada'), 0, 'carries a chunk prVt'],
  ];

  test.each(chunks)('with %s, whether its header says so or not', async (_, chunk, flag, reason) => {
    const expected = { message: `thumb.webp ${reason}`, failure: 'metadata_left' };
    expect(await refusal('webp', inExtended(chunk, flag))).toMatchObject(expected);
    expect(await refusal('webp', inExtended(chunk, 0))).toMatchObject(expected);
    // Behind the header, where a profile has its place.
    expect(await refusal('webp', inRiff(WEBP_ALPHA, 30, chunk))).toMatchObject(expected);
  });

  const anmf = (...parts: Parameters<typeof bytes>) => {
    const header = bytes([0, 0, 0, 0, 0, 0], [63, 0, 0, 47, 0, 0], [100, 0, 0, 0]);
    return riffChunk('ANMF', bytes(header, ...parts));
  };
  const film = (...frames: Uint8Array[]) => {
    const vp8x = riffChunk('VP8X', [0x02, 0, 0, 0, 63, 0, 0, 47, 0, 0]);
    const body = bytes('WEBP', vp8x, riffChunk('ANIM', new Uint8Array(6)), ...frames);
    return bytes('RIFF', le32(body.length), body);
  };
  const vp8 = WEBP.subarray(12);

  test('for a chunk inside a frame of an animation', async () => {
    await verified('webp', film(anmf(vp8), anmf(vp8)), { ...SIZE, frames: 2 });
    for (const inside of [bytes(vp8, riffChunk('EXIF', GPS_EXIF)), bytes(riffChunk('prVt', 'Ada'), vp8)]) {
      const { message } = await refusal('webp', film(anmf(vp8), anmf(inside)));
      expect(message).toMatch(/carries something behind the picture of a frame|carries a chunk prVt/);
    }
    expect((await refusal('webp', film(anmf(vp8), riffChunk('EXIF', GPS_EXIF)))).message).toContain(
      'carries a position',
    );
  });

  const damage: [string, Uint8Array][] = [
    ['more behind its end', Buffer.concat([WEBP, Buffer.from('more')])],
    ['more behind its end, of which it says that it belongs to it', inRiff(WEBP, WEBP.length, bytes('more'))],
    ['a size that is not its own', insert(WEBP, 0, Buffer.alloc(0)).fill(1, 4, 5)],
    ['a flag for what is not there', inExtended(new Uint8Array(0), 0x08)],
    ['an unknown flag', inExtended(new Uint8Array(0), 0x40)],
    ['a frame outside its canvas', film(anmf(vp8).fill(9, 8, 9))],
    ['a byte in its padding', inRiff(bareOdd(), bareOdd().length, bytes('x'))],
  ];
  test.each(damage)('with %s', async (_, file) => {
    await refusal('webp', file);
  });

  /** A WebP whose picture data are of an odd length, without their padding. */
  function bareOdd(): Buffer {
    const length = WEBP.readUInt32LE(16);
    const odd = Buffer.from(WEBP.subarray(0, 20 + length - (length % 2 === 0 ? 1 : 0)));
    odd.writeUInt32LE(odd.length - 20, 16);
    return odd;
  }
});

/** A WebP with more in it, whose size is right. */
function inRiff(webp: Buffer, at: number, part: Uint8Array): Buffer {
  const longer = insert(webp, at, part);
  longer.writeUInt32LE(longer.length - 8, 4);
  return longer;
}

/** The same with the flag of VP8X that goes with it. */
function inExtended(part: Uint8Array, flag: number): Buffer {
  const longer = inRiff(WEBP_ALPHA, WEBP_ALPHA.length, part);
  longer.writeUInt8(longer.readUInt8(20) | flag, 20);
  return longer;
}
