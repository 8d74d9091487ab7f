import { randomBytes } from 'node:crypto';
import { existsSync, unlinkSync } from 'node:fs';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import {
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { newImageId, newRunId } from '../../../../shared/domain/ids.ts';
import { allOf } from '../../../helpers/all-of.ts';
import { putFiles } from '../../../helpers/put-files.ts';
import { type Connection, type Passage, Relay } from '../../../helpers/relay.ts';
import { type OpenS3Storage, openS3Storage } from '../../../helpers/s3-storage.ts';
import { describeWithS3 } from '../../../helpers/with-s3.ts';

/** Two parts and a bit. */
const LARGE = 11 * 2 ** 20;

const UNAVAILABLE = { name: 'StoreError', code: 'storage_unavailable' };

describeWithS3('a storage on S3', (server) => {
  const open = () => openS3Storage(server());

  /** As {@link open}, by a way that can be tampered with. */
  async function openThrough() {
    const relay = await Relay.to(server().endpoint);
    onTestFinished(() => relay[Symbol.asyncDispose]());
    return { relay, ...(await openS3Storage(server(), {}, relay.endpoint)) };
  }

  async function received({ folder }: OpenS3Storage, bytes: Uint8Array | string): Promise<string> {
    const path = join(folder, newImageId());
    await writeFile(path, bytes);
    return path;
  }

  async function openUploads(Bucket: string): Promise<string[]> {
    const { Uploads = [] } = await server().client.send(new ListMultipartUploadsCommand({ Bucket }));
    return Uploads.map(({ Key = '' }) => Key);
  }

  async function expectNothingIn(bucket: string): Promise<void> {
    expect({ objects: await server().keysOf(bucket), uploads: await openUploads(bucket) }).toEqual({
      objects: [],
      uploads: [],
    });
  }

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

  describe('has nothing of what could not be put', () => {
    test('where it becomes shorter on its way', async () => {
      const { relay, ...it } = await openThrough();
      const path = await received(it, randomBytes(LARGE));
      relay.toServer = (bytes) => {
        if (bytes.includes('partNumber=1')) truncate(path, 6 * 2 ** 20);
        return bytes;
      };
      await expect(it.storage.keepOriginal(newImageId(), path)).rejects.toMatchObject(UNAVAILABLE);
      await expectNothingIn(it.bucket);
      expect(existsSync(path), 'the received file is left to whoever has put it there').toBe(true);
    });

    test('where the received file is no longer there to be removed', async () => {
      const { relay, ...it } = await openThrough();
      const path = await received(it, 'picture');
      relay.toServer = (bytes) => {
        if (bytes.includes('PUT ')) unlinkSync(path);
        return bytes;
      };
      await expect(it.storage.keepOriginal(newImageId(), path)).rejects.toMatchObject({
        ...UNAVAILABLE,
        message: 'keep an original: ENOENT',
      });
      await expectNothingIn(it.bucket);
    });

    test.each([
      ['in the middle of the one part of an original', 300_000, /^PUT .*originals/],
      ['in the middle of the second part of an original', LARGE, /^PUT .*partNumber=2/],
      ['at the end of an original', LARGE, /^POST .*uploadId=/],
    ])('where the connection is cut %s, at every try', async (_, size, request) => {
      const { relay, ...it } = await openThrough();
      const path = await received(it, randomBytes(size));
      relay.toServer = cutIn(request);
      await expect(it.storage.keepOriginal(newImageId(), path)).rejects.toMatchObject({
        ...UNAVAILABLE,
        message: expect.stringMatching(/ECONNRESET|EPIPE/),
      });
      await expectNothingIn(it.bucket);
    });

    test('where the connection is cut in the middle of a variant, at every try', async () => {
      const { relay, ...it } = await openThrough();
      relay.toServer = cutIn(/^PUT .*5\.jpg/);
      const names = Array.from({ length: 8 }, (_, index) => `${index}.jpg`);
      const files = Object.fromEntries(names.map((name) => [name, randomBytes(200_000)]));
      await expect(putFiles(it.storage, newRunId(), files)).rejects.toMatchObject(UNAVAILABLE);
      await expectNothingIn(it.bucket);
    });

    test('where a set is given up after one of its files has been sent in parts', async () => {
      const it = await open();
      const fault = new Error('no picture');
      const published = it.storage.publish(newRunId(), async (create) => {
        await (await create('thumb.jpg')).write(Buffer.from('thumb'));
        await (await create('large.png')).write(Buffer.alloc(LARGE));
        throw fault;
      });
      await expect(published).rejects.toBe(fault);
      await expectNothingIn(it.bucket);
    });

    test.each([
      ['as a whole', 100_000],
      ['in parts', LARGE],
    ])('where a bit of it is turned on its way, %s', async (_, size) => {
      const { relay, ...it } = await openThrough();
      const path = await received(it, Buffer.alloc(size, 'x'));
      relay.toServer = (bytes) => {
        const at = bytes.indexOf('xxxxxxxx');
        if (at >= 0) bytes.write('X', at);
        return bytes;
      };
      await expect(it.storage.keepOriginal(newImageId(), path)).rejects.toMatchObject({
        ...UNAVAILABLE,
        message: expect.stringMatching(/Digest|SHA256/),
      });
      await expectNothingIn(it.bucket);
    });
  });

  test('a try that is cut is followed by another', async () => {
    const { relay, ...it } = await openThrough();
    const bytes = randomBytes(LARGE);
    const id = newImageId();
    const path = await received(it, bytes);
    let cuts = 0;
    const cut = cutIn(/^PUT .*partNumber=2/);
    relay.toServer = (piece, connection) => {
      const passed = cuts > 0 ? piece : cut(piece, connection);
      if (passed === 'cut') cuts++;
      return passed;
    };
    await it.storage.keepOriginal(id, path);
    expect(cuts).toBe(1);
    await it.storage.stageOriginal(id, join(it.folder, 'input'));
    expect(bytes.equals(await readFile(join(it.folder, 'input')))).toBe(true);
  });

  describe('what is read', () => {
    test('is no whole one where it is cut: nothing is staged', async () => {
      const { relay, ...it } = await openThrough();
      const id = newImageId();
      await it.storage.keepOriginal(id, await received(it, randomBytes(2_000_000)));
      relay.toClient = (bytes, connection) => (connection.received > 1_000_000 ? 'cut' : bytes);
      const path = join(it.folder, 'input');
      await expect(it.storage.stageOriginal(id, path)).rejects.toMatchObject(UNAVAILABLE);
      expect(existsSync(path)).toBe(false);
    });

    test('fails in the middle where it is cut there', async () => {
      const { relay, ...it } = await openThrough();
      const run = newRunId();
      await putFiles(it.storage, run, { 'large.png': randomBytes(2_000_000) });
      relay.toClient = (bytes, connection) => (connection.received > 1_000_000 ? 'cut' : bytes);
      const stream = await it.storage.readVariant(run, 'large.png');
      await expect(buffer(stream ?? Readable.from([]))).rejects.toMatchObject(UNAVAILABLE);
    });

    test('comes no further when nobody reads it any more', async () => {
      const { relay, ...it } = await openThrough();
      const run = newRunId();
      await putFiles(it.storage, run, { 'large.png': Buffer.alloc(15_000_000) });
      const open = relay.open;
      const stream = await it.storage.readVariant(run, 'large.png');
      const reader = stream?.getReader();
      await reader?.read();
      await reader?.cancel();
      await expect.poll(() => relay.open).toBe(open - 1);
    });

    test('slowly, by many, keeps nobody from another file', async () => {
      const { storage } = await open();
      const run = newRunId();
      await putFiles(storage, run, { 'large.png': Buffer.alloc(8_000_000), 'thumb.jpg': 'thumb' });
      const begun = Array.from({ length: 52 }, () => storage.readVariant(run, 'large.png'));
      const streams = await Promise.all(begun);
      expect(await text((await storage.readVariant(run, 'thumb.jpg')) ?? Readable.from([]))).toBe('thumb');
      await Promise.all(streams.map((stream) => stream?.cancel()));
    });

    test('of a bucket that is gone is not called missing', async () => {
      const it = await open();
      await server().client.send(new DeleteBucketCommand({ Bucket: it.bucket }));
      const staged = it.storage.stageOriginal(newImageId(), join(it.folder, 'input'));
      await expect(staged).rejects.toMatchObject({
        ...UNAVAILABLE,
        message: expect.stringContaining('NoSuchBucket'),
      });
      await expect(it.storage.readVariant(newRunId(), 'thumb.jpg')).rejects.toMatchObject(UNAVAILABLE);
    });
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

/** Cuts each connection that has such a request, before all of it has gone through. */
function cutIn(request: RegExp): Passage {
  const begun = new WeakMap<Connection, number>();
  return (bytes, connection) => {
    const head = bytes.subarray(0, 2_000).toString('latin1');
    if (request.test(head)) begun.set(connection, connection.sent);
    const at = begun.get(connection);
    if (at === undefined) return bytes;
    return head.startsWith('POST') || connection.sent - at > 100_000 ? 'cut' : bytes;
  };
}
