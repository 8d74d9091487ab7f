import { expect, onTestFinished, test, vi } from 'vitest';
import { newImageId, newRunId } from '../../../../shared/domain/ids.ts';
import { S3Storage } from '../../../../shared/storage/s3/s3-storage.ts';
import { S3Url } from '../../../../shared/storage/s3/s3-url.ts';
import { putFiles } from '../../../helpers/put-files.ts';
import { recordingLog } from '../../../helpers/recording-log.ts';
import { Relay } from '../../../helpers/relay.ts';
import { openS3Storage } from '../../../helpers/s3-storage.ts';
import { describeWithS3 } from '../../../helpers/with-s3.ts';

const MINUTE_S = 60;
const ANSWER = { seconds: MINUTE_S, contentType: 'image/webp', cacheControl: 'private' };
const UPLOAD = { seconds: MINUTE_S, bytes: 7, contentType: 'image/jpeg' };

describeWithS3('a signed URL', (server) => {
  /** One to read at and one to upload to. */
  async function urlsOf(storage: S3Storage) {
    const run = newRunId();
    await putFiles(storage, run, { 'thumb.webp': 'a thumb' });
    const id = newImageId();
    return {
      read: await storage.readUrl(run, 'thumb.webp', ANSWER),
      upload: await storage.uploadUrl(id, UPLOAD),
    };
  }

  const put = (url: string) =>
    fetch(url, { method: 'PUT', body: 'picture', headers: { 'content-type': UPLOAD.contentType } });

  test('is for the name by which clients know the server, and no other', async () => {
    await using outside = await Relay.to(server().endpoint);
    const url = `${server().urlOf(await server().newBucket())}&publicEndpoint=${outside.endpoint}`;
    const storage = await S3Storage.open(S3Url.parse(url), recordingLog().log);
    onTestFinished(() => storage.close());
    const { read, upload } = await urlsOf(storage);
    expect([new URL(read).origin, new URL(upload).origin]).toEqual([outside.endpoint, outside.endpoint]);
    expect(outside.made, 'what the node does itself goes another way').toBe(0);

    expect(await (await fetch(read)).text()).toBe('a thumb');
    expect((await put(upload)).status).toBe(200);
    const inside = (signed: string) => signed.replace(outside.endpoint, server().endpoint);
    expect((await fetch(inside(read))).status).toBe(403);
    expect((await put(inside(upload))).status).toBe(403);
  });

  test('begins and ends by the clock of the server, whatever that of the node says', async () => {
    const { storage } = await openS3Storage(server());
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 2 * MINUTE_S * 1000 });
    onTestFinished(() => void vi.useRealTimers());
    const { read, upload } = await urlsOf(storage);
    expect((await fetch(read)).status).toBe(200);
    expect((await put(upload)).status).toBe(200);
  });
});
