import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ExifReader from 'exifreader';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { type InputFormat, variantFileName } from '../../../../shared/domain/image.ts';
import { Preset, recipeFor } from '../../../../shared/domain/preset.ts';
import type { ReportedOutput } from '../../../../shared/protocol.ts';
import { prepareDecoder } from '../../../../workers/worker/decoder.ts';
import { perform } from '../../../../workers/worker/run.ts';
import { bytes } from '../../../fixtures/headers/bytes.ts';
import { pngChunk } from '../../../fixtures/headers/png.ts';
import { app, jpegWith, pngWith } from '../../../fixtures/metadata/carriers.ts';
import { exif } from '../../../fixtures/metadata/exif.ts';
import { PRIVATE_PICTURES, SECRET } from '../../../fixtures/metadata/private-pictures.ts';
import { ownFolder } from '../../../helpers/own-folder.ts';
import { runMessage } from '../../../helpers/run-message.ts';
import { verified } from '../../../helpers/verified.ts';

beforeAll(prepareDecoder);

const PRESET = Preset.parse({
  name: 'test',
  sizes: [{ name: 'thumb', width: 16, height: 16, fit: 'cover' }],
  outputs: [
    { format: 'jpeg' },
    { format: 'webp', effort: 0 },
    { format: 'avif', effort: 0 },
    { format: 'png', effort: 1 },
  ],
});

/** Has alpha, so that it is made in PNG as well. */
const TRANSPARENT = await sharp(Buffer.alloc(32 * 24 * 4, 99), {
  raw: { width: 32, height: 24, channels: 4 },
})
  .png()
  .toBuffer();

interface Output {
  output: ReportedOutput;
  file: Buffer;
  /** Groups of metadata, and the names in them, that ExifReader finds. */
  groups: Record<string, string[]>;
}

/** What a run makes of a picture; another reader than ours says what is in it. */
async function made(format: InputFormat, original: Uint8Array, given: Partial<Preset> = {}) {
  const inputPath = join(await ownFolder(), 'input');
  await writeFile(inputPath, original);
  const run = await runMessage({ inputPath, format, recipe: recipeFor({ ...PRESET, ...given }, null) });
  const result = await perform(run);
  if (result.outcome !== 'succeeded') throw new Error(`${result.outcome}: ${result.detail}`);
  return {
    found: result.privacy.found,
    outputs: await Promise.all(
      result.outputs.map(async (output): Promise<Output> => {
        const file = await readFile(join(run.outputPath, variantFileName(output)));
        const tags = ExifReader.load(file, { expanded: true, includeUnknown: true });
        const groups = Object.entries(tags).map(([group, names]) => [group, Object.keys(names ?? {})]);
        return { output, file, groups: Object.fromEntries(groups) };
      }),
    ),
  };
}

/** Of the container itself. */
const STRUCTURE = new Set(['file', 'riff', 'png', 'pngFile']);

const leftIn = ({ groups }: Output): string[] => Object.keys(groups).filter((group) => !STRUCTURE.has(group));

describe('of an original no output keeps anything', () => {
  test.each(PRIVATE_PICTURES)('that is $name', async ({ format, bytes: original, tells }) => {
    const { found, outputs } = await made(format, original);
    expect(new Set(found)).toEqual(new Set(tells));
    expect(outputs.map(({ output }) => output.format)).toEqual(['jpeg', 'webp', 'avif']);
    for (const made of outputs) {
      expect(made.file.includes(SECRET)).toBe(false);
      expect(leftIn(made)).toEqual([]);
      await verified(made.output.format, made.file, made.output);
    }
  });

  test('that has alpha, of which a PNG is made as well', async () => {
    const tags = exif({ 271: 'SECRET', 34853: { 2: [51, 1, 28, 1, 40, 1] } });
    const original = Buffer.concat([
      TRANSPARENT.subarray(0, 33),
      pngChunk('eXIf', tags),
      pngChunk('tEXt', 'Comment\0SECRET'),
      TRANSPARENT.subarray(33),
    ]);
    const { outputs } = await made('png', original);
    expect(outputs.map(({ output }) => output.format)).toEqual(['jpeg', 'webp', 'avif', 'png']);
    for (const made of outputs) {
      expect(made.file.includes(SECRET)).toBe(false);
      expect(leftIn(made)).toEqual([]);
      await verified(made.output.format, made.file, made.output);
    }
  });

  test('whose pixels are fine and whose metadata are damaged', async () => {
    const original = jpegWith(
      app(1, 'Exif\0\0', 'MM\0*\xff\xff\xff\xff', SECRET),
      app(13, 'Photoshop 3.0\0', '8BIM'),
    );
    const { found, outputs } = await made('jpeg', original);
    expect(found).toEqual(['exif']);
    for (const { file } of outputs) expect(file.includes(SECRET)).toBe(false);
  });

  test('this is no empty promise: the same reader and the same search find it in the originals', () => {
    const seen = PRIVATE_PICTURES.filter(({ bytes: original }) => Buffer.from(original).includes(SECRET));
    expect(seen.length).toBeGreaterThan(25);
    const [first] = PRIVATE_PICTURES;
    const tags = ExifReader.load(Buffer.from(first?.bytes ?? []), { expanded: true });
    expect(tags.gps?.Latitude).toBeCloseTo(51.48, 2);
  });
});

describe('a preset that keeps the copyright', () => {
  const CREDITED = exif({
    271: 'SECRET-MAKE',
    315: 'Ada Müller',
    33432: '© Ada Müller\x07\n– all rights',
    34853: { 1: 'N', 2: [51, 1, 28, 1, 40, 1] },
  });
  const withAlpha = Buffer.concat([
    TRANSPARENT.subarray(0, 33),
    pngChunk('eXIf', CREDITED),
    TRANSPARENT.subarray(33),
  ]);

  test('has it in every format, in ASCII, and nothing else of the original', async () => {
    const { outputs } = await made('png', withAlpha, { keepCopyright: true });
    expect(outputs.map(({ output }) => output.format)).toEqual(['jpeg', 'webp', 'avif', 'png']);
    for (const { output, file } of outputs) {
      const tags = ExifReader.load(file, { expanded: true });
      expect(tags.exif?.Copyright?.description).toBe('(c) Ada Muller - all rights');
      expect(tags.exif?.Artist?.description).toBe('Ada Muller');
      expect(tags.gps).toBeUndefined();
      expect(file.includes(SECRET)).toBe(false);
      const judged = await verified(output.format, file, output, { mayHaveCredit: true });
      expect(new Set(judged.kept)).toEqual(new Set(['exif', 'artist', 'copyright']));
    }
  });

  test('has it in an animation', async () => {
    const film = await sharp(Buffer.alloc(32 * 48 * 3, 9).fill(200, 0, 2000), {
      raw: { width: 32, height: 48, channels: 3, pageHeight: 24 },
      pages: -1,
    })
      .webp({ delay: [50, 50] })
      .withExif({ IFD0: { Copyright: 'Ada', Make: SECRET } })
      .toBuffer();
    const { outputs } = await made('webp', film, { keepCopyright: true, animated: true });
    for (const { output, file } of outputs) {
      expect(file.includes(SECRET)).toBe(false);
      expect((await verified(output.format, file, output, { mayHaveCredit: true })).kept).toContain(
        'copyright',
      );
    }
    expect(outputs.map(({ output }) => output.frames)).toEqual([1, 2, 1]);
  });

  const TEXTS: [string, string, string | undefined][] = [
    ['is cut after 512 characters', 'Ada '.repeat(400), 'Ada '.repeat(128).trim()],
    [
      'is cut after 512 characters, however long these become',
      '©'.repeat(400).concat('Ada'),
      '(c)'.repeat(170).concat('(c'),
    ],
    ['is left out where ASCII has no letter of it', 'Ада', undefined],
    ['is left out where it is blank', ' \t ', undefined],
  ];
  test.each(TEXTS)('whose text %s', async (_, text, kept) => {
    const original = jpegWith(app(1, 'Exif\0\0', exif({ 33432: bytes(Buffer.from(text)) })));
    const { outputs } = await made('jpeg', original, { keepCopyright: true });
    for (const { output, file } of outputs) {
      const tags = ExifReader.load(file, { expanded: true });
      expect(tags.exif?.Copyright?.description).toBe(kept);
      await verified(output.format, file, output, { mayHaveCredit: true });
    }
  });

  test('keeps nothing where there is nothing to keep', async () => {
    const original = pngWith(pngChunk('eXIf', exif({ 271: 'SECRET-MAKE' })));
    const { outputs } = await made('png', original, { keepCopyright: true });
    for (const { output, file } of outputs)
      expect((await verified(output.format, file, output)).kept).toEqual([]);
  });

  test('is the only one that keeps it', async () => {
    const { outputs } = await made('png', withAlpha);
    for (const { output, file } of outputs)
      expect((await verified(output.format, file, output)).kept).toEqual([]);
  });
});
