import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { CreateMultipartUploadCommand, PutObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { newImageId, newRunId } from '../../../../shared/domain/ids.ts';
import { allOf } from '../../../helpers/all-of.ts';
import { putFiles } from '../../../helpers/put-files.ts';
import { openS3Storage } from '../../../helpers/s3-storage.ts';
import { describeWithS3 } from '../../../helpers/with-s3.ts';
import { LARGE, storagesOn, UNAVAILABLE } from './storages.ts';

describeWithS3('a storage on S3', (server) => {
  const { open, received, openUploads, expectNothingIn } = storagesOn(server);

  describe('puts', () => {
    test('an original under its id, and a run below its own, both below the prefix', async () => {
      const it = await open();
      const [id, run] = [newImageId(), newRunId()];
      await it.storage.keepOriginal(id, await received(it, 'picture'));
      await putFiles(it.storage, run, { 'large.jpg': 'large', 'thumb.jpg': 'thumb' });
      expect((await server().keysOf(it.bucket)).toSorted()).toEqual([
        `photos/originals/${id}`,
        `photos/variants/${run}/large.jpg`,
        `photos/variants/${run}/thumb.jpg`,
      ]);
    });

    test.each([0, 1, 5 * 2 ** 20, 5 * 2 ** 20 + 1, LARGE])(
      'an original of %i bytes as it is',
      async (size) => {
        const it = await open();
        const id = newImageId();
        const bytes = randomBytes(size);
        await it.storage.keepOriginal(id, await received(it, bytes));
        await it.storage.stageOriginal(id, join(it.folder, 'input'));
        expect(bytes.equals(await readFile(join(it.folder, 'input')))).toBe(true);
        expect(await openUploads(it.bucket)).toEqual([]);
      },
    );

    test('variants as they are, larger than a part and many at once', async () => {
      const { storage } = await open();
      const run = newRunId();
      const large = randomBytes(LARGE);
      const names = Array.from({ length: 20 }, (_, index) => `${index}.jpg`);
      await storage.publish(run, async (create) => {
        const file = await create('large.png');
        for (let at = 0; at < LARGE; at += 1_000_003) await file.write(large.subarray(at, at + 1_000_003));
        for (const name of names) await (await create(name)).write(Buffer.from(name));
      });
      const read = async (name: string) =>
        buffer((await storage.readVariant(run, name)) ?? Readable.from([]));
      expect(large.equals(await read('large.png'))).toBe(true);
      for (const name of names) expect(String(await read(name))).toBe(name);
    });
  });

  test('takes no more of a file when the next one has been begun', async () => {
    const it = await open();
    const published = it.storage.publish(newRunId(), async (create) => {
      const file = await create('large.jpg');
      await create('thumb.jpg');
      await file.write(Buffer.from('more'));
    });
    await expect(published).rejects.toThrow('was whole already');
    await expectNothingIn(it.bucket);
  });

  test('a path that is taken is not written to', async () => {
    const it = await open();
    const id = newImageId();
    await it.storage.keepOriginal(id, await received(it, 'picture'));
    const path = await received(it, 'of somebody else');
    await expect(it.storage.stageOriginal(id, path)).rejects.toMatchObject(UNAVAILABLE);
    expect(await readFile(path, 'utf8')).toBe('of somebody else');
  });

  test('lists page by page, and removes a run of more files than a page has', async () => {
    const it = await openS3Storage(server(), { pageKeys: 2 });
    const ids = Array.from({ length: 5 }, newImageId);
    for (const id of ids) await it.storage.keepOriginal(id, await received(it, id));
    const pages: string[][] = [];
    for await (const page of it.storage.originals(0)) pages.push(page);
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
    expect(pages.flat().toSorted()).toEqual(ids.toSorted());

    const [run, other] = [newRunId(), newRunId()];
    for (const id of [run, other]) await putFiles(it.storage, id, { a: 'a', b: 'b', c: 'c', d: 'd', e: 'e' });
    expect((await allOf(it.storage.published(0))).toSorted()).toEqual([run, other].toSorted());
    await it.storage.removePublished(run);
    expect(await allOf(it.storage.published(0))).toEqual([other]);
  });

  test('leaves alone what others have in its bucket', async () => {
    const it = await open();
    const foreign = [
      `originals/${newImageId()}`,
      'photos/originals/notes.txt',
      'photos/variants/backup/a.jpg',
    ];
    for (const Key of foreign)
      await server().client.send(new PutObjectCommand({ Bucket: it.bucket, Key, Body: 'notes' }));
    expect(await allOf(it.storage.originals(0))).toEqual([]);
    expect(await allOf(it.storage.published(0))).toEqual([]);
  });

  test('gives up the parts of uploads that nobody will end, and only theirs', async () => {
    const it = await openS3Storage(server());
    const begin = async (Key: string) => {
      const upload = { Bucket: it.bucket, Key };
      const { UploadId } = await server().client.send(new CreateMultipartUploadCommand(upload));
      const part = { ...upload, UploadId, PartNumber: 1, Body: 'a part' };
      await server().client.send(new UploadPartCommand(part));
    };
    await begin(`photos/originals/${newImageId()}`);
    await begin(`photos/variants/${newRunId()}/large.png`);
    await begin('of-somebody-else');
    expect(await it.storage.abortAbandoned(3_600_000)).toBe(0);
    expect(await openUploads(it.bucket)).toHaveLength(3);
    expect(await it.storage.abortAbandoned(0)).toBe(2);
    expect(await openUploads(it.bucket)).toEqual(['of-somebody-else']);
  });
});
