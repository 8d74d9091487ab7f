import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import { OUTPUT_FORMATS, type OutputFormat } from '../../../../shared/domain/image.ts';
import { EFFORT } from '../../../../shared/domain/preset.ts';
import { sha256Of } from '../../../helpers/job-records.ts';
import { verified } from '../../../helpers/verified.ts';

const SIZE = { width: 61, height: 42 };
/** What stands in the headers is the same, and slow efforts are asked for as well. */
const LITTLE = { width: 31, height: 22 };
const QUALITIES = [1, 50, 80, 100];

/** Of no order, so that no encoder makes it short of data. */
function picture(channels: 3 | 4, { width, height } = SIZE): Sharp {
  const pixels = Buffer.alloc(width * height * channels);
  for (let at = 0; at < pixels.length; at++) pixels[at] = (at * 7919 + (at >> 5) * 31) % 256;
  return sharp(pixels, { raw: { width, height, channels } });
}

function film(channels: 3 | 4): Sharp {
  const frame = { width: 60, height: 40 };
  const height = frame.height * 3;
  const pixels = Buffer.alloc(frame.width * height * channels, 90);
  for (let at = 0; at < pixels.length; at += 11) pixels[at] = (at * 7919) % 256;
  return sharp(pixels, { raw: { width: 60, height, channels, pageHeight: 40 }, pages: -1 });
}

function encode(format: OutputFormat, from: Sharp, quality: number, effort: number): Promise<Buffer> {
  switch (format) {
    case 'jpeg':
      return from
        .flatten()
        .jpeg({ quality, progressive: true, mozjpeg: effort > 0 })
        .toBuffer();
    case 'webp':
      return from.webp({ quality, effort }).toBuffer();
    case 'avif':
      return from.avif({ quality, effort }).toBuffer();
    case 'png':
      return from.png({ compressionLevel: effort }).toBuffer();
  }
}

const efforts = (format: OutputFormat): number[] => {
  const { least, most } = EFFORT[format];
  return Array.from({ length: most - least + 1 }, (_, index) => least + index);
};

describe('what our encoders write is let through, with the hash of its bytes', () => {
  test.each(OUTPUT_FORMATS)(
    '%s, of every effort and quality, with and without alpha',
    async (format) => {
      for (const channels of [3, 4] as const) {
        for (const effort of efforts(format)) {
          for (const quality of QUALITIES) {
            const bytes = await encode(format, picture(channels, LITTLE), quality, effort);
            expect(await verified(format, bytes, LITTLE)).toEqual({ sha256: sha256Of(bytes), kept: [] });
          }
        }
      }
    },
    60_000,
  );

  test.each(OUTPUT_FORMATS)('%s, of one pixel, and as long as a variant may be', async (format) => {
    for (const size of [
      { width: 1, height: 1 },
      { width: 16_383, height: 2 },
      { width: 2, height: 16_383 },
    ]) {
      const bytes = await encode(format, picture(3, size), 80, EFFORT[format].least);
      await verified(format, bytes, size);
    }
  });

  const forms: [string, OutputFormat, Sharp][] = [
    ['a baseline JPEG', 'jpeg', picture(3).jpeg()],
    ['a grey JPEG', 'jpeg', picture(3).greyscale().jpeg()],
    ['a JPEG without subsampling', 'jpeg', picture(3).jpeg({ chromaSubsampling: '4:4:4' })],
    ['a WebP without loss', 'webp', picture(4).webp({ lossless: true })],
    ['a WebP almost without loss', 'webp', picture(4).webp({ nearLossless: true })],
    ['a PNG with a palette', 'png', picture(4).png({ palette: true })],
    ['an interlaced PNG', 'png', picture(4).png({ progressive: true })],
    ['an AVIF without loss', 'avif', picture(4).avif({ lossless: true, effort: 0 })],
    ['an AVIF without subsampling', 'avif', picture(4).avif({ chromaSubsampling: '4:4:4', effort: 0 })],
  ];
  test.each(forms)('%s', async (_, format, encoded) => {
    await verified(format, await encoded.toBuffer(), SIZE);
  });

  test.each([3, 4] as const)('an animated WebP of %i channels', async (channels) => {
    for (const lossless of [false, true]) {
      const bytes = await film(channels)
        .webp({ lossless, loop: 2, delay: [50, 60, 70] })
        .toBuffer();
      await verified('webp', bytes, { width: 60, height: 40, frames: 3 });
    }
  });

  test.each(OUTPUT_FORMATS)('%s, however the bytes come', async (format) => {
    const bytes = await encode(format, picture(4), 80, EFFORT[format].least);
    for (const piece of [1, 2, 3, 64]) {
      expect(await verified(format, bytes, SIZE, { piece })).toEqual(await verified(format, bytes, SIZE));
    }
  });

  test('a picture of many times what is read at once', async () => {
    const size = { width: 1200, height: 900 };
    for (const format of OUTPUT_FORMATS) {
      const bytes = await encode(format, picture(3, size), 100, EFFORT[format].least);
      expect(bytes.length).toBeGreaterThan(2 ** 19);
      expect(await verified(format, bytes, size)).toMatchObject({ sha256: sha256Of(bytes) });
    }
  });
});

describe('a picture is not let through that is', () => {
  test.each(OUTPUT_FORMATS)('%s, but of another size than was reported', async (format) => {
    const bytes = await encode(format, picture(3), 80, EFFORT[format].least);
    for (const shape of [{ width: 62 }, { height: 43 }, { frames: 2 }]) {
      await expect(verified(format, bytes, { ...SIZE, ...shape })).rejects.toThrow('not as reported');
    }
  });

  test.each(OUTPUT_FORMATS)('%s, but of another format than was asked for', async (format) => {
    const bytes = await encode(format, picture(3), 80, EFFORT[format].least);
    for (const other of OUTPUT_FORMATS.filter((it) => it !== format)) {
      await expect(verified(other, bytes, SIZE)).rejects.toMatchObject({ name: 'BadOutput' });
    }
  });
});
