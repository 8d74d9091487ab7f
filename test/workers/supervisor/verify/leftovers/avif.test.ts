import { describe, expect, test } from 'vitest';
import { be16, be32, bytes } from '../../../../fixtures/headers/bytes.ts';
import { box, fullBox } from '../../../../fixtures/headers/heif.ts';
import { verified } from '../../../../helpers/verified.ts';
import { insert, picture, refusal, SIZE } from './pictures.ts';

const AVIF = await picture(4).avif({ effort: 0 }).toBuffer();

describe('an AVIF is refused', () => {
  const infe = fullBox('infe', 2, 0, be16(9), be16(0), 'Exif\0');
  const places: [string, string[], Uint8Array, string][] = [
    ['a box inside its meta', ['meta'], box('prVt', 'Ada'), 'carries a box prVt too many'],
    ['free space inside its meta', ['meta'], box('free', 'Ada'), 'carries a box free too many'],
    ['a second list of items', ['meta'], fullBox('iinf', 0, 0, be16(1), infe), 'carries a box iinf too many'],
    ['an item behind those that are counted', ['meta', 'iinf'], infe, 'something behind the end of a box'],
    ['a property', ['meta', 'iprp', 'ipco'], box('uuid', 'Ada'), 'carries a property uuid'],
    ['a profile', ['meta', 'iprp', 'ipco'], box('colr', 'prof', 'p3'), 'carries a colour profile'],
    ['a name of its handler', ['meta', 'hdlr'], bytes('Ada\0'), 'carries a text in its boxes'],
    ['something in its size', ['meta', 'iprp', 'ipco', 'ispe'], bytes('Ada'), 'something behind the end'],
    ['something in its list of places', ['meta', 'iloc'], bytes('Ada'), 'something behind the end'],
    ['something in its references', ['meta', 'iref'], box('prVt', 'Ada'), 'ends too early'],
  ];
  test.each(places)('with %s', async (_, path, part, reason) => {
    expect((await refusal('avif', inBox(AVIF, path, part))).message).toMatch(new RegExp(reason));
  });

  test('never for what was put in alone: the same file passes where nothing is put in', async () => {
    await verified('avif', inBox(AVIF, ['meta'], new Uint8Array(0)), SIZE);
  });

  const mdat = AVIF.indexOf('mdat') - 4;
  const damage: [string, Uint8Array][] = [
    ['more behind its end', Buffer.concat([AVIF, box('free', 'Ada')])],
    ['a box in front of its data', movedBy(box('free', 'Ada'), mdat)],
    ['data that belong to no item', padded()],
    ['metadata among its picture data', withObu([0x2a, 3, 65, 100, 97])],
    ['padding among its picture data', withObu([0x7a, 3, 65, 100, 97])],
  ];
  test.each(damage)('with %s', async (_, file) => {
    await refusal('avif', file);
  });

  function movedBy(part: Uint8Array, at: number): Buffer {
    const moved = Buffer.from(AVIF);
    moveItems(moved, part.length);
    return insert(moved, at, part);
  }

  /** The box of the data goes on behind its items. */
  function padded(): Buffer {
    const longer = Buffer.concat([AVIF, Buffer.from('Ada')]);
    longer.writeUInt32BE(longer.readUInt32BE(mdat) + 3, mdat);
    return longer;
  }

  /** In front of a frame. */
  function withObu(obu: number[]): Uint8Array {
    return avifOf(bytes(obu, [0x32, 2, 1, 2]));
  }
});

test('the AVIF that is refused with an OBU too many passes without it', async () => {
  await verified('avif', avifOf(bytes([0x12, 0, 0x32, 2, 1, 2])), SIZE);
});

function avifOf(coded: Uint8Array): Uint8Array {
  const ftyp = box('ftyp', 'avif', be32(0), 'mif1', 'avif', 'miaf');
  const metaAt = (offset: number) =>
    fullBox(
      'meta',
      0,
      0,
      fullBox('hdlr', 0, 0, be32(0), 'pict', be32(0), be32(0), be32(0), [0]),
      fullBox('pitm', 0, 0, be16(1)),
      fullBox('iloc', 0, 0, [0x44, 0], be16(1), be16(1), be16(0), be16(1), be32(offset), be32(coded.length)),
      fullBox('iinf', 0, 0, be16(1), fullBox('infe', 2, 0, be16(1), be16(0), 'av01\0')),
      box(
        'iprp',
        box('ipco', fullBox('ispe', 0, 0, be32(SIZE.width), be32(SIZE.height))),
        fullBox('ipma', 0, 0, be32(1), be16(1), [1, 1]),
      ),
    );
  return bytes(ftyp, metaAt(ftyp.length + metaAt(0).length + 8), box('mdat', coded));
}

/** An AVIF with more in a box of it: the box, those around it, and the places of the items grow with it. */
function inBox(avif: Buffer, path: string[], part: Uint8Array): Buffer {
  const longer = Buffer.from(avif);
  let start = 0;
  let at = 0;
  for (const type of path) {
    at = avif.indexOf(type, start) - 4;
    longer.writeUInt32BE(avif.readUInt32BE(at) + part.length, at);
    start = at + 8;
  }
  moveItems(longer, part.length);
  return insert(longer, at + avif.readUInt32BE(at), part);
}

/** libheif writes offsets and lengths of four bytes, in version 0. */
function moveItems(avif: Buffer, by: number): void {
  const iloc = avif.indexOf('iloc') + 4;
  const count = avif.readUInt16BE(iloc + 6);
  for (let item = iloc + 8, index = 0; index < count; index++, item += 18) {
    const offset = item + 4;
    const field = avif.readUInt32BE(offset) === 0 ? item + 6 : offset;
    avif.writeUInt32BE(avif.readUInt32BE(field) + by, field);
  }
}
