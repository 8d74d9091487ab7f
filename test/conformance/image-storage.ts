import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { newImageId, newRunId } from '../../shared/domain/ids.ts';
import { StoreError } from '../../shared/errors.ts';
import type { CheckedOutput, ImageStorage } from '../../shared/storage/image-storage.ts';
import { sha256Of } from '../helpers/job-records.ts';
import { ownFolder } from '../helpers/own-folder.ts';

export interface OpenedImageStorage {
  storage: ImageStorage;
  /** Where received files lie until they are kept. */
  spoolPath: string;
  dispose(): Promise<void>;
}

/** What every {@link ImageStorage} must do. */
export function describeImageStorage(name: string, openStorage: () => Promise<OpenedImageStorage>): void {
  async function opened() {
    const it = await openStorage();
    onTestFinished(() => it.dispose());
    return it;
  }

  async function received({ spoolPath }: OpenedImageStorage, content: string): Promise<string> {
    const path = join(spoolPath, `received-${newImageId()}`);
    await writeFile(path, content);
    return path;
  }

  async function checked(contents: Record<string, string | Buffer>): Promise<CheckedOutput[]> {
    const folder = await ownFolder();
    return Promise.all(
      Object.entries(contents).map(async ([fileName, content]) => {
        const path = join(folder, fileName);
        await writeFile(path, content);
        const handle = await open(path);
        onTestFinished(() => handle.close());
        return { fileName, handle, bytes: (await handle.stat()).size };
      }),
    );
  }

  async function published(storage: ImageStorage, content: string | Buffer = 'the variant') {
    const run = newRunId();
    await storage.publish(run, await checked({ 'thumb.jpg': content }));
    return run;
  }

  describe(`${name}: originals`, () => {
    test('a received file becomes the original, and is no longer where it was', async () => {
      const it = await opened();
      const id = newImageId();
      const path = await received(it, 'picture');
      await it.storage.keepOriginal(id, path);
      await expect(stat(path)).rejects.toThrow('ENOENT');
      expect(await it.storage.listOriginals()).toEqual([id]);
    });

    test('an original is staged for a worker as it is, as often as it is asked for', async () => {
      const it = await opened();
      const id = newImageId();
      await it.storage.keepOriginal(id, await received(it, 'picture'));
      for (const folder of [await ownFolder(), await ownFolder()]) {
        const path = join(folder, 'input');
        expect(await it.storage.stageOriginal(id, path)).toBe(true);
        expect(await readFile(path, 'utf8')).toBe('picture');
      }
    });

    test('there is nothing to stage of an image that is not there', async () => {
      const { storage } = await opened();
      expect(await storage.stageOriginal(newImageId(), join(await ownFolder(), 'input'))).toBe(false);
    });

    test('a place that cannot be staged to is not taken for a missing original', async () => {
      const it = await opened();
      const id = newImageId();
      await it.storage.keepOriginal(id, await received(it, 'picture'));
      const path = join(await ownFolder(), 'removed', 'input');
      await expect(it.storage.stageOriginal(id, path)).rejects.toBeInstanceOf(StoreError);
    });

    test('a staged file outlives the original', async () => {
      const it = await opened();
      const id = newImageId();
      await it.storage.keepOriginal(id, await received(it, 'picture'));
      const path = join(await ownFolder(), 'input');
      await it.storage.stageOriginal(id, path);
      await it.storage.removeOriginal(id);
      expect(await readFile(path, 'utf8')).toBe('picture');
      expect(await it.storage.stageOriginal(id, join(await ownFolder(), 'input'))).toBe(false);
    });

    test('removing is possible twice, and what never was', async () => {
      const it = await opened();
      const id = newImageId();
      await it.storage.keepOriginal(id, await received(it, 'picture'));
      await it.storage.removeOriginal(id);
      await it.storage.removeOriginal(id);
      await it.storage.removeOriginal(newImageId());
      expect(await it.storage.listOriginals()).toEqual([]);
    });

    test('keeping a file that is not there is a StoreError', async () => {
      const { storage, spoolPath } = await opened();
      const kept = storage.keepOriginal(newImageId(), join(spoolPath, 'missing'));
      await expect(kept).rejects.toMatchObject({ name: 'StoreError', code: 'storage_unavailable' });
    });

    test('many are kept at once', async () => {
      const it = await opened();
      const ids = Array.from({ length: 40 }, newImageId);
      await Promise.all(ids.map(async (id) => it.storage.keepOriginal(id, await received(it, id))));
      expect((await it.storage.listOriginals()).toSorted()).toEqual(ids.toSorted());
    });
  });

  describe(`${name}: published files`, () => {
    test('are copies, each with the hash of its bytes', async () => {
      const { storage } = await opened();
      const run = newRunId();
      const large = Buffer.alloc(1_000_000, 'large');
      const files = await storage.publish(run, await checked({ 'thumb.jpg': 'small', 'large.webp': large }));
      expect(files.toSorted((a, b) => a.fileName.localeCompare(b.fileName))).toEqual([
        { fileName: 'large.webp', sha256: sha256Of(large) },
        { fileName: 'thumb.jpg', sha256: sha256Of('small') },
      ]);
      const bytes = await storage.readVariant(run, 'large.webp');
      expect(bytes && large.equals(await buffer(bytes))).toBe(true);
    });

    test('hold what was checked, not what was written behind it', async () => {
      const { storage } = await opened();
      const run = newRunId();
      const outputs = await checked({ 'thumb.jpg': 'checked and more' });
      await storage.publish(
        run,
        outputs.map((output) => ({ ...output, bytes: 7 })),
      );
      const bytes = await storage.readVariant(run, 'thumb.jpg');
      expect(bytes && (await text(bytes))).toBe('checked');
    });

    test('are not made of an output that became shorter, nor are the others of that run', async () => {
      const { storage } = await opened();
      const outputs = await checked({ 'large.jpg': 'large', 'thumb.jpg': 'short' });
      const longer = outputs.map((output) =>
        output.fileName === 'thumb.jpg' ? { ...output, bytes: 500 } : output,
      );
      await expect(storage.publish(newRunId(), longer)).rejects.toBeInstanceOf(StoreError);
      expect(await storage.listPublished()).toEqual([]);
    });

    test.each([
      [{ start: 0, end: 0 }, '0'],
      [{ start: 2, end: 5 }, '2345'],
      [{ start: 9, end: 9 }, '9'],
      [undefined, '0123456789'],
    ])('are read in the range %j', async (range, expected) => {
      const { storage } = await opened();
      const run = await published(storage, '0123456789');
      const bytes = await storage.readVariant(run, 'thumb.jpg', range);
      expect(bytes && (await text(bytes))).toBe(expected);
    });

    test('are null where there is none', async () => {
      const { storage } = await opened();
      const run = await published(storage);
      expect(await storage.readVariant(newRunId(), 'thumb.jpg')).toBeNull();
      expect(await storage.readVariant(run, 'large.jpg')).toBeNull();
    });

    test('are read to the end though they are removed meanwhile', async () => {
      const { storage } = await opened();
      const content = Buffer.alloc(3_000_000, 'to the end');
      const run = await published(storage, content);
      const bytes = await storage.readVariant(run, 'thumb.jpg');
      await storage.removePublished(run);
      expect(bytes && content.equals(await buffer(bytes))).toBe(true);
      expect(await storage.readVariant(run, 'thumb.jpg')).toBeNull();
    });

    test('are listed by their run, until they are removed', async () => {
      const { storage } = await opened();
      const [one, other] = [await published(storage), await published(storage)];
      expect((await storage.listPublished()).toSorted()).toEqual([one, other].toSorted());
      await storage.removePublished(one);
      await storage.removePublished(one);
      await storage.removePublished(newRunId());
      expect(await storage.listPublished()).toEqual([other]);
    });
  });
}
