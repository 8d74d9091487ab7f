import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import type { ImageId, RunId, Sha256 } from '../../shared/domain/ids.ts';
import { type Manifest, variantFileName } from '../../shared/domain/image.ts';
import { StoreError } from '../../shared/errors.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import type { Source } from './sides.ts';

/** Of one set: each is a way to the bucket and back, and few are large. */
const READ_BACK_AT_ONCE = 4;

/** A file of the source is not what its record says. The message is for a person who looks after it. */
export class Damaged extends Error {
  override readonly name = 'Damaged';
}

type Body = ReadableStream<Uint8Array> | null;

/**
 * Puts an original into the target, and reads it back. What an earlier call has left half way is put there again.
 * @throws {Damaged} and has put nothing there
 * @throws {StoreError}
 */
export async function moveOriginal(
  { storage, stagingPath }: Pick<Source, 'storage' | 'stagingPath'>,
  target: ImageStorage,
  { id, sha256 }: { id: ImageId; sha256: Sha256 },
): Promise<void> {
  const wrong = await whatIsWrong(() => storage.readOriginal(id), sha256);
  if (wrong !== null) throw new Damaged(wrong);
  const staged = join(stagingPath, id);
  await rm(staged, { force: true });
  await storage.stageOriginal(id, staged);
  await target.keepOriginal(id, staged);
  await readBack(`original ${id}`, () => target.readOriginal(id), sha256);
}

/**
 * Puts the files of a published set into the target, and reads them back: all that are whole, also where others are not.
 * @throws {Damaged} when that is done
 * @throws {StoreError}
 */
export async function moveSet(
  { storage }: Pick<Source, 'storage'>,
  target: ImageStorage,
  { runId, manifest }: { runId: RunId; manifest: Manifest },
): Promise<void> {
  const files = manifest.variants.map((variant) => ({
    name: variantFileName(variant),
    sha256: variant.sha256,
  }));
  const damaged: string[] = [];
  const whole: typeof files = [];
  for (const file of files) {
    const wrong = await whatIsWrong(() => storage.readVariant(runId, file.name), file.sha256);
    if (wrong === null) whole.push(file);
    else damaged.push(`${file.name} ${wrong}`);
  }
  if (whole.length > 0) {
    await target.publish(runId, async (create) => {
      for (const { name } of whole) {
        const file = await create(name);
        for await (const piece of (await storage.readVariant(runId, name)) ?? []) await file.write(piece);
      }
    });
    await pLimit(READ_BACK_AT_ONCE).map(whole, ({ name, sha256 }) =>
      readBack(`${name} of set ${runId}`, () => target.readVariant(runId, name), sha256),
    );
  }
  if (damaged.length > 0) throw new Damaged(damaged.join(', '));
}

/** Whether a storage has this very original. */
export const hasOriginal = async (
  storage: ImageStorage,
  { id, sha256 }: { id: ImageId; sha256: Sha256 },
): Promise<boolean> => (await whatIsWrong(() => storage.readOriginal(id), sha256)) === null;

/** Whether a storage has all files of a set as its manifest has them. */
export async function hasSet(
  storage: ImageStorage,
  { runId, manifest }: { runId: RunId; manifest: Manifest },
): Promise<boolean> {
  for (const variant of manifest.variants) {
    const open = () => storage.readVariant(runId, variantFileName(variant));
    if ((await whatIsWrong(open, variant.sha256)) !== null) return false;
  }
  return true;
}

async function readBack(what: string, open: () => Promise<Body>, sha256: Sha256): Promise<void> {
  const wrong = await whatIsWrong(open, sha256);
  if (wrong !== null) throw new StoreError('storage_unavailable', `${what} was put there, and ${wrong}`);
}

/** Null: it is the very file. */
async function whatIsWrong(open: () => Promise<Body>, sha256: Sha256): Promise<string | null> {
  try {
    const body = await open();
    if (!body) return 'is missing';
    const hash = createHash('sha256');
    for await (const piece of body) hash.update(piece);
    return hash.digest('hex') === sha256 ? null : 'has other bytes than its record says';
  } catch (error) {
    return `cannot be read: ${error instanceof Error ? error.message : error}`;
  }
}
