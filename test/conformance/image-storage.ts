import { randomBytes } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { newImageId, newRunId } from '../../shared/domain/ids.ts';
import { StoreError } from '../../shared/errors.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import { allOf } from '../helpers/all-of.ts';
import { eventually } from '../helpers/eventually.ts';
import { ownFolder } from '../helpers/own-folder.ts';
import { putFiles } from '../helpers/put-files.ts';

const HOUR_MS = 3_600_000;

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

  async function received({ spoolPath }: OpenedImageStorage, content: string | Buffer): Promise<string> {
    const path = join(spoolPath, `received-${newImageId()}`);
    await writeFile(path, content);
    return path;
  }

  async function published(storage: ImageStorage, content: string | Buffer = 'the variant') {
    const run = newRunId();
    await putFiles(storage, run, { 'thumb.jpg': content });
    return run;
  }

  describe(`${name}: originals`, () => {
    test('a received file becomes the original, and is no longer where it was', async () => {
      const it = await opened();
      const id = newImageId();
      const path = await received(it, 'picture');
      await it.storage.keepOriginal(id, path);
      await expect(stat(path)).rejects.toThrow('ENOENT');
      expect(await allOf(it.storage.originals(0))).toEqual([id]);
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

    test('there is nothing to stage of an image that is not there, and nothing to read', async () => {
      const { storage } = await opened();
      expect(await storage.stageOriginal(newImageId(), join(await ownFolder(), 'input'))).toBe(false);
      expect(await storage.readOriginal(newImageId())).toBeNull();
    });

    test('an original is read as it is, also by who has opened it before it was removed', async () => {
      const it = await opened();
      const id = newImageId();
      const content = randomBytes(300_000);
      await it.storage.keepOriginal(id, await received(it, content));
      const body = await it.storage.readOriginal(id);
      const part = await it.storage.readOriginal(id, { start: 10, end: 19 });
      await it.storage.removeOriginal(id);
      expect(part && content.subarray(10, 20).equals(await buffer(part))).toBe(true);
      expect(body && content.equals(await buffer(body))).toBe(true);
      expect(await it.storage.readOriginal(id)).toBeNull();
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
      expect(await allOf(it.storage.originals(0))).toEqual([]);
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
      expect((await allOf(it.storage.originals(0))).toSorted()).toEqual(ids.toSorted());
    });

    test('are listed from an age on', async () => {
      const it = await opened();
      const id = newImageId();
      await it.storage.keepOriginal(id, await received(it, 'picture'));
      expect(await allOf(it.storage.originals(HOUR_MS))).toEqual([]);
      await eventually('its age', async () => (await allOf(it.storage.originals(1))).includes(id));
    });
  });

  describe(`${name}: published files`, () => {
    test('hold what was written to each, in one piece or many', async () => {
      const { storage } = await opened();
      const run = newRunId();
      const large = Buffer.alloc(1_000_000, 'large');
      const piece = Buffer.alloc(10);
      const result = await storage.publish(run, async (create) => {
        await (await create('large.webp')).write(large);
        const thumb = await create('thumb.jpg');
        for (const text of ['in pieces ', 'of one buf', 'fer       ']) {
          piece.write(text);
          await thumb.write(piece);
        }
        await create('empty.png');
        return 'the result';
      });
      expect(result).toBe('the result');
      const read = async (name: string) => (await storage.readVariant(run, name)) ?? Readable.from([]);
      expect(large.equals(await buffer(await read('large.webp')))).toBe(true);
      expect(await text(await read('thumb.jpg'))).toBe('in pieces of one buffer       ');
      expect(await storage.readVariant(run, 'empty.png')).not.toBeNull();
    });

    test('are there all or not at all: what fails on the way is thrown as it is, and nothing is left', async () => {
      const { storage } = await opened();
      const run = newRunId();
      const fault = new Error('no picture');
      const published = storage.publish(run, async (create) => {
        await (await create('large.jpg')).write(Buffer.from('large'));
        throw fault;
      });
      await expect(published).rejects.toBe(fault);
      expect(await allOf(storage.published(0))).toEqual([]);
      expect(await storage.readVariant(run, 'large.jpg')).toBeNull();
    });

    test('are of one name each: the second one is a StoreError', async () => {
      const { storage } = await opened();
      const published = storage.publish(newRunId(), async (create) => {
        await create('thumb.jpg');
        await create('thumb.jpg');
      });
      await expect(published).rejects.toBeInstanceOf(StoreError);
      expect(await allOf(storage.published(0))).toEqual([]);
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
      expect((await allOf(storage.published(0))).toSorted()).toEqual([one, other].toSorted());
      await storage.removePublished(one);
      await storage.removePublished(one);
      await storage.removePublished(newRunId());
      expect(await allOf(storage.published(0))).toEqual([other]);
    });

    test('are listed once by their run, from the age of its youngest file on', async () => {
      const { storage } = await opened();
      const run = newRunId();
      await putFiles(storage, run, { 'large.jpg': 'large', 'thumb.jpg': 'thumb', 'thumb.webp': 'thumb' });
      expect(await allOf(storage.published(HOUR_MS))).toEqual([]);
      await eventually('its age', async () => (await allOf(storage.published(1))).length > 0);
      expect(await allOf(storage.published(0))).toEqual([run]);
    });
  });
}
