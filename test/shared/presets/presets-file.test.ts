import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../../shared/config.ts';
import { DEFAULT_PRESET, Preset, recipeDigest, recipeFor } from '../../../shared/domain/preset.ts';
import { readPresets } from '../../../shared/presets/presets-file.ts';
import { ownFolder } from '../../helpers/own-folder.ts';

const SIZE = { name: 'large', width: 100, height: 100, fit: 'inside' };
const JPEG = { format: 'jpeg' };
const PLAIN = { sizes: [SIZE], outputs: [JPEG] };
const MARKED = { sizes: [{ ...SIZE, watermark: true }], outputs: [JPEG] };

const logo = (width = 8, height = 4) =>
  sharp({ create: { width, height, channels: 4, background: '#fff8' } })
    .png()
    .toBuffer();

/** A presets file with this content, and what else lies beside it. */
async function presetsFile(content: unknown, beside: Record<string, Buffer> = {}): Promise<string> {
  const folder = await ownFolder();
  for (const [name, bytes] of Object.entries(beside)) await writeFile(join(folder, name), bytes);
  const path = join(folder, 'presets.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

async function faultsOf(path: string): Promise<readonly string[]> {
  try {
    await readPresets(path);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
  return [];
}

describe('the presets', () => {
  test('without a file are the built-in one', async () => {
    const { byName, watermarks } = await readPresets(null);
    expect([...byName.values()]).toEqual([DEFAULT_PRESET]);
    expect(watermarks.size).toBe(0);
  });

  test('of a file stand beside the built-in one, under their names, with what they leave out by default', async () => {
    const { byName } = await readPresets(await presetsFile({ listing: PLAIN, avatar: PLAIN }));
    expect([...byName.keys()]).toEqual(['default', 'listing', 'avatar']);
    expect(byName.get('default')).toBe(DEFAULT_PRESET);
    expect(byName.get('listing')).toEqual(Preset.parse({ ...PLAIN, name: 'listing' }));
    expect(byName.get('listing')?.outputs).toEqual([{ format: 'jpeg', quality: 80, effort: 0 }]);
  });

  test('may have another default', async () => {
    const { byName } = await readPresets(await presetsFile({ default: PLAIN }));
    expect([...byName.keys()]).toEqual(['default']);
    expect(byName.get('default')?.sizes.map(({ name }) => name)).toEqual(['large']);
  });

  test('that are written alike make the same recipe, whatever they are called', async () => {
    const { byName } = await readPresets(await presetsFile({ one: PLAIN, two: PLAIN, default: PLAIN }));
    const digests = [...byName.values()].map((preset) => recipeDigest(recipeFor(preset, null)));
    expect(new Set(digests).size).toBe(1);
  });

  test('of the example that ships are valid', async () => {
    const example = fileURLToPath(new URL('../../../deploy/presets.example.json', import.meta.url));
    const { byName } = await readPresets(example);
    expect([...byName.keys()]).toEqual(['default', 'listing', 'avatar', 'reaction']);
  });
});

describe('a watermark', () => {
  test('is read from beside the file, and is in the preset by its hash', async () => {
    const png = await logo();
    const path = await presetsFile({ listing: { ...MARKED, watermark: { file: 'logo.png', opacity: 1 } } });
    await writeFile(join(path, '..', 'logo.png'), png);
    const { byName, watermarks } = await readPresets(path);
    const sha256 = createHash('sha256').update(png).digest('hex');
    expect(byName.get('listing')?.watermark).toEqual({
      sha256,
      corner: 'bottom-right',
      width: 0.2,
      margin: 0.03,
      opacity: 1,
    });
    expect([...watermarks].map(([hash, bytes]) => [hash, Buffer.from(bytes)])).toEqual([[sha256, png]]);
  });

  const changed = (change: (png: Buffer) => Buffer | undefined) => async () => {
    const png = await logo();
    return change(png) ?? png;
  };

  test.each<[string, string, () => Promise<Buffer>]>([
    ['is no PNG', 'it is no PNG', async () => Buffer.from('GIF89a and what follows')],
    ['is empty', 'it is no PNG', async () => Buffer.alloc(0)],
    ['ends within a chunk', 'it is cut off', changed((png) => png.subarray(0, -5))],
    ['ends before its end chunk', 'it is cut off', changed((png) => png.subarray(0, -12))],
    ['ends after its signature', 'it is cut off', changed((png) => png.subarray(0, 8))],
    [
      'says that a chunk is longer than the file',
      'it is cut off',
      changed((png) => void png.writeUInt32BE(0xffff_ffff, 33)),
    ],
    ['has a wrong checksum', 'it is damaged', changed((png) => void png.writeUInt8((png[45] ?? 0) ^ 1, 45))],
    [
      'does not begin with its header',
      'it is damaged',
      changed((png) => Buffer.concat([png.subarray(0, 8), png.subarray(33)])),
    ],
    ['has too many pixels', 'it has more than 4000000 pixels', () => logo(2001, 2000)],
    ['has too many bytes', 'it has more than 262144 bytes', async () => Buffer.alloc(262_145)],
  ])('that %s is a fault', async (_, fault, bytes) => {
    const path = await presetsFile(
      { listing: { ...MARKED, watermark: { file: 'logo.png' } } },
      { 'logo.png': await bytes() },
    );
    expect(await faultsOf(path)).toEqual([`PRESETS_FILE: listing.watermark.file: logo.png: ${fault}`]);
  });

  test('may be as large as is allowed', async () => {
    const path = await presetsFile(
      { listing: { ...MARKED, watermark: { file: 'logo.png' } } },
      { 'logo.png': await logo(2000, 2000) },
    );
    expect(await faultsOf(path)).toEqual([]);
  });

  test('that is not there, or no file, is a fault', async () => {
    const path = await presetsFile({
      one: { ...MARKED, watermark: { file: 'missing.png' } },
      two: { ...MARKED, watermark: { file: 'folder' } },
    });
    await mkdir(join(path, '..', 'folder'));
    expect(await faultsOf(path)).toEqual([
      'PRESETS_FILE: one.watermark.file: missing.png: there is no such file',
      'PRESETS_FILE: two.watermark.file: folder: it cannot be read: EISDIR',
    ]);
  });
});

describe('faults of the file', () => {
  test('are told all at once, each with its place', async () => {
    const path = await presetsFile({
      listing: {
        sizes: [{ ...SIZE, width: 0, heigth: 5 }],
        outputs: [{ format: 'jpeg', effort: 9 }, { format: 'gif' }],
        background: 'white',
      },
      'Bad Name': PLAIN,
      named: { ...PLAIN, name: 'other' },
      marked: { ...MARKED, watermark: { file: 'missing.png' } },
      hashed: { ...MARKED, watermark: { sha256: 'a'.repeat(64) } },
      bare: MARKED,
      twice: { sizes: [SIZE, SIZE], outputs: [JPEG, JPEG] },
      transparent: { sizes: [SIZE], outputs: [{ format: 'png' }] },
      nothing: null,
    });
    const faults = (await faultsOf(path)).map((fault) => fault.replace(/^PRESETS_FILE: /, ''));
    expect(faults).toEqual([
      expect.stringMatching(/^listing\.sizes\[0\]\.width: /),
      'listing.sizes[0]: Unrecognized key: "heigth"',
      'listing.outputs[0].effort: the effort of jpeg is from 0 to 1',
      expect.stringMatching(/^listing\.outputs\[1\]\.format: .*"png"/),
      'listing.background: a colour such as #ffffff',
      expect.stringMatching(/^\["Bad Name"\]: a name of at most 32 small letters/),
      'named: Unrecognized key: "name"',
      'marked.watermark.file: missing.png: there is no such file',
      expect.stringMatching(/^hashed\.watermark\.file: /),
      'hashed.watermark: Unrecognized key: "sha256"',
      'bare.watermark: a watermark and the sizes that have it go together',
      'twice.sizes: two sizes have the same name',
      'twice.outputs: a format stands here twice',
      'transparent.outputs: png is made of pictures with alpha alone: another format has to stand beside it',
      expect.stringMatching(/^nothing: /),
    ]);
  });

  test.each([
    ['is no JSON', '{"listing":', 'it is no JSON: '],
    ['is a list', '[]', 'it is no JSON object of presets by their names'],
    ['is a text', '"listing"', 'it is no JSON object of presets by their names'],
  ])('that %s are told with its path', async (_, content, fault) => {
    const path = await presetsFile(content);
    expect(await faultsOf(path)).toEqual([expect.stringContaining(`PRESETS_FILE: ${path}: ${fault}`)]);
  });

  test('that is not there are told with its path', async () => {
    const path = join(await ownFolder(), 'presets.json');
    expect(await faultsOf(path)).toEqual([`PRESETS_FILE: ${path}: there is no such file`]);
  });
});
