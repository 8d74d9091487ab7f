import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { type ImageName, imagePath } from '../../../testdata/expected.ts';
import { fadingRight } from '../../../testdata/formats.ts';
import { balloonFlight } from '../../../testdata/frames.ts';
import type { RawImage } from '../../../testdata/paint.ts';
import { privateJpeg } from '../../../testdata/private.ts';
import { renderScene } from '../../../testdata/scene.ts';

/** Small enough for many in a second, and large enough for several blocks, rows and tiles of any codec. */
const SIZE = { width: 48, height: 36, grain: 0 };

/** Of testdata, what is small and not made here: HEIC, turned and in tiles, and what is broken already. */
const OF_TESTDATA: readonly ImageName[] = [
  'p3.heic',
  'p3_nclx.heic',
  'grid.heic',
  'orientation/6.heic',
  'private.heic',
  'p3.jpg',
  'tiny_1x1.png',
  'wide_20000x1.png',
  'many_frames.gif',
  'huge_declared.png',
  'damaged_header.jpg',
  'picture.svg',
  'animated.webp',
];

/** A file that mutants are made of. */
export interface BasePicture {
  name: string;
  bytes: Buffer;
}

/** Real files of every format and of what the formats can do, some twenty of them; the same each time. */
export async function basePictures(): Promise<BasePicture[]> {
  const scene = renderScene(SIZE);
  const open = ({ data, ...raw }: RawImage): Sharp => sharp(data, { raw });
  const photo = () => open(scene);
  const clear = () => open(fadingRight(scene));
  const flight = () => open(balloonFlight(scene, 3));
  const withExif = (picture: Sharp) =>
    picture.withExif({
      IFD0: { Copyright: '(c) Ada', Artist: 'Ada', Make: 'Camera' },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1' },
    });
  const made: Record<string, Sharp> = {
    'baseline.jpg': withExif(photo()).jpeg({ quality: 70 }),
    'progressive.jpg': withExif(photo().withIccProfile('p3')).jpeg({
      quality: 80,
      progressive: true,
      chromaSubsampling: '4:4:4',
    }),
    'grey.jpg': photo().toColourspace('b-w').jpeg({ quality: 60 }),
    'cmyk.jpg': photo().toColourspace('cmyk').jpeg({ quality: 60 }),
    'rgb.png': withExif(photo()).png(),
    'rgba_interlaced.png': clear().png({ progressive: true }),
    'palette.png': photo().png({ palette: true, colours: 16, dither: 0 }),
    'grey16.png': photo().toColourspace('grey16').png(),
    'profile.png': photo().withIccProfile('p3').png({ compressionLevel: 1 }),
    'lossy.webp': withExif(photo()).webp({ quality: 70, effort: 1 }),
    'alpha.webp': clear().webp({ quality: 60, effort: 1 }),
    'lossless.webp': clear().webp({ lossless: true, effort: 1 }),
    'flight.webp': flight().webp({ quality: 50, effort: 1, delay: [100, 100, 100] }),
    'still.gif': photo().gif({ colours: 32, dither: 0 }),
    'flight.gif': flight().gif({ colours: 16, dither: 0, delay: [100, 100, 100] }),
    'raw.tiff': photo().tiff({ compression: 'none' }),
    'deflate.tiff': withExif(photo()).tiff({ compression: 'deflate', predictor: 'horizontal' }),
    'lzw_tiled.tiff': clear().tiff({ compression: 'lzw', tile: true, tileWidth: 16, tileHeight: 16 }),
    'jpeg.tiff': photo().tiff({ compression: 'jpeg' }),
    'fax.tiff': photo().toColourspace('b-w').tiff({ compression: 'ccittfax4', bitdepth: 1 }),
    'packbits_big.tiff': photo().tiff({ compression: 'packbits', bigtiff: true }),
    'photo.avif': withExif(photo()).avif({ quality: 50, effort: 0 }),
    'alpha.avif': clear().avif({ quality: 50, effort: 0 }),
    'deep.avif': photo().avif({ quality: 50, effort: 0, bitdepth: 10, chromaSubsampling: '4:2:0' }),
  };
  const files = Object.entries(made).map(async ([name, picture]) => ({
    name,
    bytes: await picture.toBuffer(),
  }));
  const kept = OF_TESTDATA.map(async (name) => ({ name, bytes: await readFile(imagePath(name)) }));
  const secret = { name: 'private.jpg', bytes: await privateJpeg(scene) };
  return [...(await Promise.all([...files, ...kept])), secret];
}

/** Whatever files lie below a folder, by name: real photos, say. */
export async function picturesBelow(folder: string): Promise<BasePicture[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return Promise.all(
    paths.sort().map(async (path) => ({ name: path.slice(folder.length + 1), bytes: await readFile(path) })),
  );
}
