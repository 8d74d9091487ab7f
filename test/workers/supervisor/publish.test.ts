import { execFileSync } from 'node:child_process';
import {
  appendFile,
  link,
  mkdir,
  rename,
  stat,
  symlink,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { MetadataKind } from '../../../shared/domain/description.ts';
import { newRunId, type RunId } from '../../../shared/domain/ids.ts';
import { type OutputFormat, variantFileName } from '../../../shared/domain/image.ts';
import { Preset } from '../../../shared/domain/preset.ts';
import type { ReportedOutput } from '../../../shared/protocol.ts';
import { DiskStorage } from '../../../shared/storage/disk/disk-storage.ts';
import type { ImageStorage, NewFile } from '../../../shared/storage/image-storage.ts';
import { BadOutput } from '../../../workers/supervisor/bad-output.ts';
import { publish } from '../../../workers/supervisor/publish.ts';
import { bytes } from '../../fixtures/headers/bytes.ts';
import { jpegSegment } from '../../fixtures/headers/jpeg.ts';
import { exif } from '../../fixtures/metadata/exif.ts';
import { allOf } from '../../helpers/all-of.ts';
import { DESCRIPTION, sha256Of } from '../../helpers/job-records.ts';
import { ownFolder } from '../../helpers/own-folder.ts';
import { tinyPicture } from '../../helpers/tiny-picture.ts';

const PRESET = Preset.parse({
  name: 'two',
  sizes: [
    { name: 'large', width: 20, height: 20, fit: 'inside' },
    { name: 'thumb', width: 10, height: 10, fit: 'cover' },
  ],
  outputs: [
    { format: 'jpeg', quality: 80 },
    { format: 'webp', quality: 80 },
  ],
});

const VICTIM = 'thumb.webp';

const FOUND: MetadataKind[] = ['position', 'artist', 'copyright', 'exif'];

/** A run that has written what its preset asks for, and reports it. */
async function finishedRun(preset = PRESET) {
  const storage = await DiskStorage.open(join(await ownFolder(), 'storage'));
  const folder = await ownFolder();
  const run = newRunId();
  const outputs: ReportedOutput[] = [];
  for (const { name } of PRESET.sizes) {
    for (const { format } of PRESET.outputs) outputs.push(await writeOutput(folder, name, format));
  }
  const publishThese = (reported: readonly ReportedOutput[] = outputs, to: ImageStorage = storage) =>
    publish(to, run, folder, preset, {
      type: 'result',
      runId: run,
      outcome: 'succeeded',
      pipelineVersion: 3,
      outputs: [...reported],
      description: DESCRIPTION,
      privacy: { found: FOUND },
      steps: [],
      rssBytes: 1,
      peakRssBytes: 1,
    });
  return { storage, folder, run, outputs, publishThese, victim: join(folder, VICTIM) };
}

async function writeOutput(folder: string, name: string, format: OutputFormat): Promise<ReportedOutput> {
  const content = picture(name, format);
  await writeFile(join(folder, variantFileName({ name, format })), content);
  return { name, format, ...SIZE, bytes: content.length, frames: 1 };
}

const withSize = (outputs: readonly ReportedOutput[], fileName: string, bytes: number): ReportedOutput[] =>
  outputs.map((it) => (variantFileName(it) === fileName ? { ...it, bytes } : it));

/** Behind the first marker of a JPEG. */
const withExif = (jpeg: Buffer, tiff: Uint8Array): Buffer =>
  Buffer.concat([jpeg.subarray(0, 2), jpegSegment(0xe1, bytes('Exif\0\0', tiff)), jpeg.subarray(2)]);

/** A storage in which something happens when the victim has been opened, and none of it was read. */
const beforeItIsRead = (storage: ImageStorage, happen: () => Promise<void>): ImageStorage =>
  withFiles(storage, async (create, fileName) => {
    if (fileName === VICTIM) await happen();
    return create(fileName);
  });

/** A storage in which something happens whenever a part of the victim was copied. */
const afterEachPart = (storage: ImageStorage, happen: () => Promise<void>): ImageStorage =>
  withFiles(storage, async (create, fileName) => {
    const file = await create(fileName);
    return {
      async write(bytes) {
        await file.write(bytes);
        if (fileName === VICTIM) await happen();
      },
    };
  });

type Create = (fileName: string) => Promise<NewFile>;

const withFiles = (
  storage: ImageStorage,
  createBy: (create: Create, fileName: string) => Promise<NewFile>,
): ImageStorage =>
  Object.assign(Object.create(storage), {
    publish: <T>(run: RunId, write: (create: Create) => Promise<T>) =>
      storage.publish(run, (create) => write((fileName) => createBy(create, fileName))),
  });

const SIZE = { width: 10, height: 10 };

const picture = (name: string, format: OutputFormat): Buffer =>
  tinyPicture(format, SIZE, `${name} as ${format}`);

describe('publishing the outputs of a run', () => {
  test('copies each, and describes it by what was copied', async () => {
    const { storage, run, outputs, publishThese } = await finishedRun();
    const manifest = await publishThese();
    expect(manifest).toEqual({
      pipelineVersion: 3,
      variants: outputs.map((output) => ({
        ...output,
        sha256: sha256Of(picture(output.name, output.format)),
      })),
      description: DESCRIPTION,
      privacy: { found: FOUND, removed: FOUND },
    });
    const bytes = await storage.readVariant(run, 'thumb.webp');
    expect(bytes && (await buffer(bytes))).toEqual(picture('thumb', 'webp'));
  });

  test('though a worker goes on writing, what is published is what was judged', async () => {
    const { storage, run, outputs, victim, publishThese } = await finishedRun();
    const other = tinyPicture('webp', SIZE, 'other as webp');
    const changing = afterEachPart(storage, () => writeFile(victim, other.subarray(0, 40)));
    const { variants } = await publishThese(outputs, changing);
    const bytes = await storage.readVariant(run, 'thumb.webp');
    expect(bytes && sha256Of(await buffer(bytes))).toBe(sha256Of(picture('thumb', 'webp')));
    expect(variants.at(-1)).toMatchObject({ name: 'thumb', sha256: sha256Of(picture('thumb', 'webp')) });
  });

  test('leaves alone what was not reported', async () => {
    const { storage, folder, run, publishThese } = await finishedRun();
    await writeFile(join(folder, 'page.html'), '<script>');
    await publishThese();
    expect(await storage.readVariant(run, 'page.html')).toBeNull();
  });

  test('says what was removed: all that was found, but for a copyright that the preset keeps and a file has', async () => {
    const keeping = await finishedRun({ ...PRESET, keepCopyright: true });
    expect((await keeping.publishThese()).privacy).toEqual({ found: FOUND, removed: FOUND });

    const { folder, outputs, publishThese } = await finishedRun({ ...PRESET, keepCopyright: true });
    const bytes = withExif(picture('thumb', 'jpeg'), exif({ 33432: '(c) Ada' }));
    await writeFile(join(folder, 'thumb.jpg'), bytes);
    const reported = withSize(outputs, 'thumb.jpg', bytes.length);
    expect((await publishThese(reported)).privacy).toEqual({ found: FOUND, removed: ['position', 'artist'] });
  });
});

describe('nothing is published, and the output is called bad, when', () => {
  const spoilt: [string, (victim: string) => Promise<unknown> | unknown][] = [
    ['a file is longer than reported', (victim) => appendFile(victim, 'and more')],
    ['a file is shorter than reported', (victim) => truncate(victim, 3)],
    ['a file is missing', (victim) => unlink(victim)],
  ];

  test.each(spoilt)('%s', async (_, spoil) => {
    const { storage, victim, publishThese } = await finishedRun();
    await spoil(victim);
    await expect(publishThese()).rejects.toThrow(BadOutput);
    expect(await allOf(storage.published(0))).toEqual([]);
  });

  const imposters: [string, (path: string) => Promise<unknown> | unknown][] = [
    ['a symbolic link to a file', (path) => symlink(fileURLToPath(import.meta.url), path)],
    ['a directory', (path) => mkdir(path)],
    ['a named pipe, which is not waited for', (path) => execFileSync('mkfifo', [path])],
  ];

  test('a second name of a file, with its size reported', async () => {
    const { storage, outputs, victim, publishThese } = await finishedRun();
    const other = `${victim}.other`;
    await rename(victim, other);
    await link(other, victim);
    await expect(publishThese(outputs)).rejects.toThrow(BadOutput);
    expect(await allOf(storage.published(0))).toEqual([]);
  });

  test.each(imposters)('in the place of a file is, with its size reported, %s', async (_, make) => {
    const { storage, outputs, victim, publishThese } = await finishedRun();
    await unlink(victim);
    await make(victim);
    const { size } = await stat(victim);
    await expect(publishThese(withSize(outputs, 'thumb.webp', size))).rejects.toThrow(BadOutput);
    expect(await allOf(storage.published(0))).toEqual([]);
  });

  test('a file is no picture', async () => {
    const { storage, victim, outputs, publishThese } = await finishedRun();
    await writeFile(victim, 'no picture');
    const thrown = publishThese(withSize(outputs, 'thumb.webp', 10));
    await expect(thrown).rejects.toMatchObject({ name: 'BadOutput', failure: 'protocol_error' });
    expect(await allOf(storage.published(0))).toEqual([]);
  });

  test('a file carries a position, of which the reason speaks', async () => {
    const { storage, folder, outputs, publishThese } = await finishedRun({ ...PRESET, keepCopyright: true });
    const bytes = withExif(picture('thumb', 'jpeg'), exif({ 33432: '(c) Ada', 34853: 8 }));
    await writeFile(join(folder, 'thumb.jpg'), bytes);
    const thrown = publishThese(withSize(outputs, 'thumb.jpg', bytes.length));
    const message = 'thumb.jpg carries a position';
    await expect(thrown).rejects.toMatchObject({ name: 'BadOutput', message, failure: 'metadata_left' });
    expect(await allOf(storage.published(0))).toEqual([]);
  });

  test('a file is changed between the look at it and its judgement', async () => {
    const { storage, outputs, victim, publishThese } = await finishedRun();
    const changing = beforeItIsRead(storage, () => writeFile(victim, 'no picture'));
    await expect(publishThese(outputs, changing)).rejects.toThrow('thumb.webp');
    expect(await allOf(storage.published(0))).toEqual([]);
  });

  const misreported: [string, (outputs: ReportedOutput[]) => ReportedOutput[]][] = [
    ['an output is not reported', (outputs) => outputs.slice(1)],
    [
      'an output is reported twice in place of another',
      ([first, , ...rest]) => [first, first, ...rest].flatMap((it) => it ?? []),
    ],
    [
      'an output is reported that nobody asked for',
      (outputs) => [...outputs, ...outputs.slice(0, 1).map((it) => ({ ...it, name: 'huge' }))],
    ],
    [
      'an output is reported larger than it is',
      (outputs) => outputs.map((it) => (it.name === 'thumb' ? { ...it, width: 11 } : it)),
    ],
    [
      'an output has another name than was asked for',
      (outputs) => outputs.map((it) => ({ ...it, name: it.name === 'thumb' ? 'tiny' : it.name })),
    ],
  ];

  test.each(misreported)('%s', async (_, misreport) => {
    const { storage, outputs, publishThese } = await finishedRun();
    await expect(publishThese(misreport(outputs))).rejects.toThrow(BadOutput);
    expect(await allOf(storage.published(0))).toEqual([]);
  });
});
