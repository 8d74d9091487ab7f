import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { MetadataKind, PrivacyReceipt } from '../../shared/domain/description.ts';
import type { RunId, Sha256 } from '../../shared/domain/ids.ts';
import { type Manifest, variantFileName } from '../../shared/domain/image.ts';
import { outputsFor, type Preset } from '../../shared/domain/preset.ts';
import { errorCode } from '../../shared/errors.ts';
import type { ReportedOutput, RunResult } from '../../shared/protocol.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import { BadOutput } from './bad-output.ts';
import { READER_BYTES } from './verify/output-reader.ts';
import { verifyOutput } from './verify/verify-output.ts';

type Succeeded = Extract<RunResult, { outcome: 'succeeded' }>;

interface Judged {
  output: ReportedOutput;
  sha256: Sha256;
  kept: readonly MetadataKind[];
}

/**
 * Copies a run's outputs from its scratch to the storage, and describes them as they were copied. The worker is not
 * believed: each file must be the regular file of the reported size that the preset asks for, no link is followed,
 * and what is in it must be a picture and nothing else. Each is judged while it is copied, by the bytes that go into the copy:
 * whoever writes to it meanwhile changes what is judged, too.
 * @throws {BadOutput} when the outputs are not those of the preset, or would tell more than they may
 */
export async function publish(
  storage: ImageStorage,
  run: RunId,
  folder: string,
  preset: Preset,
  result: Succeeded,
): Promise<Manifest> {
  const outputs = inOrderOf(preset, result.description.hasAlpha, result.outputs);
  const judged = await storage.publish(run, async (create) => {
    const buffer = Buffer.allocUnsafe(READER_BYTES);
    const judged: Judged[] = [];
    for (const output of outputs) {
      const file = await openOutput(folder, variantFileName(output));
      try {
        await refuseImposter(file, output);
        const copy = await create(variantFileName(output));
        judged.push({ output, ...(await verifyOutput(file, output, copy, preset.keepCopyright, buffer)) });
      } finally {
        await file.close();
      }
    }
    return judged;
  });
  return {
    pipelineVersion: result.pipelineVersion,
    variants: judged.map(({ output, sha256 }) => ({ ...output, sha256 })),
    description: result.description,
    privacy: receiptOf(result.privacy.found, judged),
  };
}

/** What was found is the worker's word; what was removed is known, from every byte that is published. */
function receiptOf(found: readonly MetadataKind[], judged: readonly Judged[]): PrivacyReceipt {
  const kept = new Set(judged.flatMap((output) => output.kept));
  return { found: [...found], removed: found.filter((kind) => !kept.has(kind)) };
}

/** Follows no link, and does not wait for a writer where there is a pipe in place of the file. */
async function openOutput(folder: string, fileName: string): Promise<FileHandle> {
  try {
    return await open(
      join(folder, fileName),
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') throw new BadOutput(`${fileName} is missing`);
    if (code === 'ELOOP') throw new BadOutput(`${fileName} is a symbolic link`);
    // A socket, or a device that is not there.
    if (code === 'ENXIO') throw new BadOutput(`${fileName} cannot be opened as a file`);
    throw error;
  }
}

/** Of a second name, too: it may be a link to a file that the worker itself cannot read. */
async function refuseImposter(file: FileHandle, output: ReportedOutput): Promise<void> {
  const found = await file.stat();
  if (found.isFile() && found.nlink === 1 && found.size === output.bytes) return;
  throw new BadOutput(
    `${variantFileName(output)} is not the file of ${output.bytes} bytes that was reported`,
  );
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
