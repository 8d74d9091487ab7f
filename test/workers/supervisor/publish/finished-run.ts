import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MetadataKind } from '../../../../shared/domain/description.ts';
import { newRunId, type RunId } from '../../../../shared/domain/ids.ts';
import { type OutputFormat, variantFileName } from '../../../../shared/domain/image.ts';
import { Preset } from '../../../../shared/domain/preset.ts';
import type { ReportedOutput } from '../../../../shared/protocol.ts';
import { DiskStorage } from '../../../../shared/storage/disk/disk-storage.ts';
import type { ImageStorage, NewFile } from '../../../../shared/storage/image-storage.ts';
import { publish } from '../../../../workers/supervisor/publish.ts';
import { bytes } from '../../../fixtures/headers/bytes.ts';
import { jpegSegment } from '../../../fixtures/headers/jpeg.ts';
import { DESCRIPTION } from '../../../helpers/job-records.ts';
import { ownFolder } from '../../../helpers/own-folder.ts';
import { tinyPicture } from '../../../helpers/tiny-picture.ts';

export const PRESET = Preset.parse({
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

export const FOUND: MetadataKind[] = ['position', 'artist', 'copyright', 'exif'];

/** A run that has written what its preset asks for, and reports it. */
export async function finishedRun(preset = PRESET) {
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

export const withSize = (
  outputs: readonly ReportedOutput[],
  fileName: string,
  bytes: number,
): ReportedOutput[] => outputs.map((it) => (variantFileName(it) === fileName ? { ...it, bytes } : it));

/** Behind the first marker of a JPEG. */
export const withExif = (jpeg: Buffer, tiff: Uint8Array): Buffer =>
  Buffer.concat([jpeg.subarray(0, 2), jpegSegment(0xe1, bytes('Exif\0\0', tiff)), jpeg.subarray(2)]);

/** A storage in which something happens when the victim has been opened, and none of it was read. */
export const beforeItIsRead = (storage: ImageStorage, happen: () => Promise<void>): ImageStorage =>
  withFiles(storage, async (create, fileName) => {
    if (fileName === VICTIM) await happen();
    return create(fileName);
  });

/** A storage in which something happens whenever a part of the victim was copied. */
export const afterEachPart = (storage: ImageStorage, happen: () => Promise<void>): ImageStorage =>
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

export const SIZE = { width: 10, height: 10 };

export const picture = (name: string, format: OutputFormat): Buffer =>
  tinyPicture(format, SIZE, `${name} as ${format}`);
