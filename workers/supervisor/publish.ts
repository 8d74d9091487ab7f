import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunId } from '../../shared/domain/ids.ts';
import { type Manifest, variantFileName } from '../../shared/domain/image.ts';
import { outputsFor, type Preset } from '../../shared/domain/preset.ts';
import { errorCode } from '../../shared/errors.ts';
import type { ReportedOutput, RunResult } from '../../shared/protocol.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';

/** What the worker left behind is not what it was asked for, or not what it says. */
export class BadOutput extends Error {
  override readonly name = 'BadOutput';
}

type Succeeded = Extract<RunResult, { outcome: 'succeeded' }>;

/**
 * Copies a run's outputs from its scratch to the storage, and describes them as they were copied. The worker is not
 * believed: each file must be the regular file of the reported size that the preset asks for, and no link is followed.
 * @throws {BadOutput} when the outputs are not those of the preset
 */
export async function publish(
  storage: ImageStorage,
  run: RunId,
  folder: string,
  preset: Preset,
  result: Succeeded,
): Promise<Manifest> {
  const outputs = inOrderOf(preset, result.description.hasAlpha, result.outputs);
  const handles: FileHandle[] = [];
  try {
    const checked = [];
    for (const output of outputs) {
      const fileName = variantFileName(output);
      const handle = await openOutput(join(folder, fileName), fileName);
      handles.push(handle);
      const found = await handle.stat();
      // A second name: it may be a link to a file that the worker itself cannot read.
      if (!found.isFile() || found.nlink !== 1 || found.size !== output.bytes) {
        throw new BadOutput(`${fileName} is not the file of ${output.bytes} bytes that was reported`);
      }
      checked.push({ fileName, handle, bytes: output.bytes });
    }
    const published = await storage.publish(run, checked);
    const sha256 = new Map(published.map((file) => [file.fileName, file.sha256]));
    return {
      pipelineVersion: result.pipelineVersion,
      variants: outputs.map((output) => {
        const hash = sha256.get(variantFileName(output));
        if (!hash) throw new Error('the storage has left out a file');
        return { ...output, sha256: hash };
      }),
      description: result.description,
      privacy: result.privacy,
    };
  } finally {
    await Promise.all(handles.map((handle) => handle.close()));
  }
}

/** Follows no link, and does not wait for a writer where there is a pipe in place of the file. */
async function openOutput(path: string, fileName: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') throw new BadOutput(`${fileName} is missing`);
    if (code === 'ELOOP') throw new BadOutput(`${fileName} is a symbolic link`);
    throw error;
  }
}

/** All or nothing: each size of the preset in each format that is made of such a picture, once, and nothing else. */
function inOrderOf(preset: Preset, hasAlpha: boolean, outputs: readonly ReportedOutput[]): ReportedOutput[] {
  const formats = outputsFor(preset, hasAlpha);
  const wanted = preset.sizes.flatMap(({ name }) =>
    formats.map(({ format }) => variantFileName({ name, format })),
  );
  const reported = new Map(outputs.map((output) => [variantFileName(output), output]));
  const ordered = wanted.flatMap((name) => reported.get(name) ?? []);
  if (ordered.length !== wanted.length || ordered.length !== outputs.length) {
    throw new BadOutput(`the run made ${outputs.map(variantFileName).join(', ')}, not ${wanted.join(', ')}`);
  }
  return ordered;
}
