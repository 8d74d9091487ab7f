import { randomBytes } from 'node:crypto';
import { existsSync, unlinkSync } from 'node:fs';
import { readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { DeleteBucketCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { newImageId, newRunId } from '../../../../shared/domain/ids.ts';
import { putFiles } from '../../../helpers/put-files.ts';
import { openS3Storage } from '../../../helpers/s3-storage.ts';
import { describeWithS3 } from '../../../helpers/with-s3.ts';
import { cutIn, LARGE, storagesOn, UNAVAILABLE } from './storages.ts';

describeWithS3('a storage on S3', (server) => {
  const { open, openThrough, received, expectNothingIn } = storagesOn(server);

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

  test('a try that nothing comes of is followed by another', async () => {
    const { relay, ...it } = await openThrough({ attemptMs: 2_000, callMs: 60_000 });
    const run = newRunId();
    await putFiles(it.storage, run, { 'thumb.jpg': 'thumb' });
    let swallowed = 0;
    relay.toServer = (bytes) => (swallowed++ === 0 ? Buffer.alloc(0) : bytes);
    expect(await text((await it.storage.readVariant(run, 'thumb.jpg')) ?? Readable.from([]))).toBe('thumb');
    expect(swallowed).toBeGreaterThan(1);
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
      const { storage } = await openS3Storage(server(), { attemptMs: 60_000, callMs: 60_000 });
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
});
