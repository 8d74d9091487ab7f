import sharp from 'sharp';
import type { ImageName } from './expected.ts';
import { fadingRight, TINY } from './formats.ts';
import { ascii, box, fullBox, type HeifItem, heif, type Property, u16, u32 } from './heif-boxes.ts';
import { hevcPcm } from './hevc-pcm.ts';
import { type Orientation, storeAs } from './orientation.ts';
import type { Colour, RawImage } from './paint.ts';
import type { Maker } from './photos.ts';
import { privateJpeg } from './private.ts';
import { renderScene } from './scene.ts';

/** Uncompressed, so small. */
const SIZE = { width: 128, height: 96, grain: 0 };

export const HEIC = {
  'photo.heic': async () => heic(item(renderScene(TINY))),
  'orientation/1.heic': () => oriented(1),
  'orientation/2.heic': () => oriented(2),
  'orientation/3.heic': () => oriented(3),
  'orientation/4.heic': () => oriented(4),
  'orientation/5.heic': () => oriented(5),
  'orientation/6.heic': () => oriented(6),
  'orientation/7.heic': () => oriented(7),
  'orientation/8.heic': () => oriented(8),
  'grid.heic': async () => grid(renderScene(SIZE), 64),
  'alpha.heic': async () => withAlpha(fadingRight(renderScene(SIZE))),
  'private.heic': privateHeic,
  'p3.heic': async () => heic(item(flat(P3_RED), [colour('prof', await displayP3())])),
  'p3_nclx.heic': async () => heic(item(flat(P3_RED), [nclx(12)])),
} satisfies Partial<Record<ImageName, Maker>>;

/** In Display P3, the red that sRGB calls 255, 0, 0. */
const P3_RED: Colour = [234, 51, 35];

const heic = (...items: HeifItem[]): Buffer => heif('heic', items);

/** A coded picture in sRGB, or what its colours are said to be. */
function item(image: RawImage, more: readonly Property[] = [nclx(1)]): HeifItem {
  const { configuration, data } = hevcPcm(image);
  const hvcC = { box: box('hvcC', configuration), essential: true };
  return { type: 'hvc1', data, properties: [hvcC, ...shown(image), ...more] };
}

/** Size, and three channels of 8 bits: ISO/IEC 23008-12, 6.5.3 and 6.5.6. */
function shown({ width, height }: { width: number; height: number }): Property[] {
  const pixi = fullBox('pixi', 0, 0, Buffer.from([3, 8, 8, 8]));
  return [fullBox('ispe', 0, 0, u32(width), u32(height)), pixi].map(optional);
}

/**
 * Colours by number: ITU-T H.273. The transfer is that of sRGB, and the matrix that of BT.601, full range.
 * @param primaries 1 for those of sRGB, 12 for those of Display P3
 */
const nclx = (primaries: number): Property =>
  colour('nclx', Buffer.concat([u16(primaries), u16(13), u16(6), Buffer.from([0x80])]));

const colour = (kind: string, data: Buffer): Property => optional(box('colr', ascii(kind), data));

const optional = (property: Buffer): Property => ({ box: property, essential: false });

/** Quarter turns anticlockwise, and then whether top and bottom change places: ISO/IEC 23008-12, 6.5.10 and 6.5.12. */
const TURNS: Record<Orientation, { quarters: number; mirrored?: 'top and bottom' | 'left and right' }> = {
  1: { quarters: 0 },
  2: { quarters: 0, mirrored: 'left and right' },
  3: { quarters: 2 },
  4: { quarters: 0, mirrored: 'top and bottom' },
  5: { quarters: 1, mirrored: 'top and bottom' },
  6: { quarters: 3 },
  7: { quarters: 3, mirrored: 'top and bottom' },
  8: { quarters: 1 },
};

/** Beside the turn of HEIF stands the same one in EXIF, as phones write it: who obeys both turns the picture twice. */
async function oriented(orientation: Orientation): Promise<Buffer> {
  const stored = storeAs(orientation, renderScene(SIZE));
  const { quarters, mirrored } = TURNS[orientation];
  const turns: Property[] = [];
  if (quarters > 0) turns.push({ box: box('irot', Buffer.from([quarters])), essential: true });
  if (mirrored) {
    const axis = mirrored === 'left and right' ? 1 : 0;
    turns.push({ box: box('imir', Buffer.from([axis])), essential: true });
  }
  const picture = item(stored, [nclx(1), ...turns]);
  const exif = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#000' } })
    .withMetadata({ orientation })
    .jpeg()
    .toBuffer();
  return heic(picture, await exifOf(exif));
}

/** The EXIF of a JPEG as an item that describes the first one: ISO/IEC 23008-12, annex A.2.1. */
async function exifOf(jpeg: Buffer): Promise<HeifItem> {
  const { exif } = await sharp(jpeg).metadata();
  if (!exif) throw new Error('the picture has no EXIF');
  const offsetOfTiff = u32('Exif\0\0'.length);
  return describes({ type: 'Exif', data: Buffer.concat([offsetOfTiff, exif]), properties: [] });
}

const describes = (metadata: HeifItem): HeifItem => ({
  ...metadata,
  references: [{ type: 'cdsc', to: [1] }],
});

async function privateHeic(): Promise<Buffer> {
  const scene = renderScene(SIZE);
  const jpeg = await privateJpeg(scene);
  const { xmp } = await sharp(jpeg).metadata();
  if (!xmp) throw new Error('the picture has no XMP');
  const about: HeifItem = { type: 'mime', data: xmp, properties: [], contentType: 'application/rdf+xml' };
  return heic(item(scene), await exifOf(jpeg), describes(about));
}

/** Tiles as phones have them, each of so many pixels a side: the last ones reach beyond what is shown. ISO/IEC 23008-12, 6.6.2.3. */
export function grid(image: RawImage, side: number): Buffer {
  const columns = Math.ceil(image.width / side);
  const rows = Math.ceil(image.height / side);
  const tiles = Array.from({ length: rows * columns }, (_, index) =>
    item(tileOf(image, (index % columns) * side, Math.floor(index / columns) * side, side)),
  );
  const layout = Buffer.from([0, 0, rows - 1, columns - 1]);
  const whole: HeifItem = {
    type: 'grid',
    data: Buffer.concat([layout, u16(image.width), u16(image.height)]),
    properties: [...shown(image), nclx(1)],
    references: [{ type: 'dimg', to: tiles.map((_, index) => index + 2) }],
  };
  return heic(whole, ...tiles);
}

function tileOf({ data, width, height }: RawImage, left: number, top: number, side: number): RawImage {
  const tile = new Uint8Array(side * side * 3);
  for (let row = 0; row < side; row++) {
    const from = (Math.min(top + row, height - 1) * width + left) * 3;
    tile.set(data.subarray(from, from + Math.min(side, width - left) * 3), row * side * 3);
  }
  return { data: tile, width: side, height: side, channels: 3 };
}

/** The alpha is a picture of its own, whose luma counts: ISO/IEC 23008-12, 6.6.2.1. */
function withAlpha({ data, width, height }: RawImage): Buffer {
  const [colours, opacity] = [new Uint8Array(width * height * 3), new Uint8Array(width * height * 3)];
  for (let pixel = 0; pixel < width * height; pixel++) {
    colours.set(data.subarray(pixel * 4, pixel * 4 + 3), pixel * 3);
    opacity.fill(data[pixel * 4 + 3] ?? 0, pixel * 3, pixel * 3 + 3);
  }
  const auxC = fullBox('auxC', 0, 0, ascii('urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0'));
  const alpha = item({ data: opacity, width, height, channels: 3 }, [{ box: auxC, essential: true }]);
  return heic(item({ data: colours, width, height, channels: 3 }), {
    ...alpha,
    references: [{ type: 'auxl', to: [1] }],
  });
}

function flat([red, green, blue]: Colour): RawImage {
  const data = Uint8Array.from({ length: 64 * 64 * 3 }, (_, index) => [red, green, blue][index % 3] ?? 0);
  return { data, width: 64, height: 64, channels: 3 };
}

async function displayP3(): Promise<Buffer> {
  const any = sharp({ create: { width: 1, height: 1, channels: 3, background: '#000' } });
  const { icc } = await sharp(await any.withIccProfile('p3').png().toBuffer()).metadata();
  if (!icc) throw new Error('the picture has no profile');
  return icc;
}
