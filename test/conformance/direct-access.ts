import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { newImageId, newRunId } from '../../shared/domain/ids.ts';
import type { DirectAccess } from '../../shared/storage/direct-access.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import { allOf } from '../helpers/all-of.ts';
import { eventually } from '../helpers/eventually.ts';
import { ownFolder } from '../helpers/own-folder.ts';
import { putFiles } from '../helpers/put-files.ts';

const HOUR_MS = 3_600_000;
const MINUTE_S = 60;

export interface OpenedDirectAccess {
  storage: ImageStorage & DirectAccess;
  dispose(): Promise<void>;
}

/** What every {@link DirectAccess} must do. Clients are plain ones, which know nothing but the URL. */
export function describeDirectAccess(name: string, openStorage: () => Promise<OpenedDirectAccess>): void {
  async function opened() {
    const it = await openStorage();
    onTestFinished(() => it.dispose());
    return it.storage;
  }

  const put = (url: string, body: string, headers: Record<string, string> = {}) =>
    fetch(url, { method: 'PUT', body, headers });

  describe(`${name}: a URL to read at`, () => {
    const ANSWER = { seconds: MINUTE_S, contentType: 'image/webp', cacheControl: 'private, max-age=60' };

    async function published(storage: ImageStorage) {
      const run = newRunId();
      await putFiles(storage, run, { 'thumb.webp': '0123456789', 'large.webp': 'large' });
      return run;
    }

    test('gives the variant, with the headers that were asked for', async () => {
      const storage = await opened();
      const answer = await fetch(await storage.readUrl(await published(storage), 'thumb.webp', ANSWER));
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('image/webp');
      expect(answer.headers.get('cache-control')).toBe('private, max-age=60');
      expect(await answer.text()).toBe('0123456789');
    });

    test('gives a range of it', async () => {
      const storage = await opened();
      const url = await storage.readUrl(await published(storage), 'thumb.webp', ANSWER);
      const answer = await fetch(url, { headers: { range: 'bytes=2-5' } });
      expect([answer.status, await answer.text()]).toEqual([206, '2345']);
    });

    test('gives an original as a file to be saved', async () => {
      const storage = await opened();
      const id = newImageId();
      const path = join(await ownFolder(), 'received');
      await writeFile(path, 'an original');
      await storage.keepOriginal(id, path);
      const contentDisposition = 'attachment; filename="photo.jpg"';
      const answer = await fetch(await storage.originalUrl(id, { ...ANSWER, contentDisposition }));
      expect(answer.headers.get('content-disposition')).toBe(contentDisposition);
      expect([answer.status, await answer.text()]).toEqual([200, 'an original']);
    });

    test('is for that variant alone, and not to write to', async () => {
      const storage = await opened();
      const run = await published(storage);
      const url = await storage.readUrl(run, 'thumb.webp', ANSWER);
      expect((await fetch(url.replace('thumb.webp', 'large.webp'))).status).toBe(403);
      expect((await put(url, 'other')).status).toBe(403);
      expect((await fetch(url, { method: 'DELETE' })).status).toBe(403);
      expect(await text((await storage.readVariant(run, 'thumb.webp')) ?? new ReadableStream())).toBe(
        '0123456789',
      );
    });

    test('is of no use with other headers than were signed, or when its time is over', async () => {
      const storage = await opened();
      const run = await published(storage);
      const url = await storage.readUrl(run, 'thumb.webp', ANSWER);
      expect((await fetch(url.replace('webp&', 'html&'))).status, 'another type').toBe(403);
      expect((await fetch(url.replace('=60&', '=99&'))).status, 'another time').toBe(403);
      const short = await storage.readUrl(run, 'thumb.webp', { ...ANSWER, seconds: 1 });
      await eventually('its end', async () => (await fetch(short)).status === 403);
      expect((await fetch(url)).status).toBe(200);
    });
  });

  describe(`${name}: a URL to upload to`, () => {
    const UPLOAD = { seconds: MINUTE_S, bytes: 7 };

    test('takes what is put there, and has it ready', async () => {
      const storage = await opened();
      const id = newImageId();
      expect(await storage.openUpload(id)).toBeNull();
      expect((await put(await storage.uploadUrl(id, UPLOAD), 'picture')).status).toBe(200);
      const upload = await storage.openUpload(id);
      expect(upload?.bytes).toBe(7);
      expect(await text(upload?.body ?? new ReadableStream())).toBe('picture');
    });

    test.each(['pictur', 'pictures', ''])('refuses another size: %j', async (body) => {
      const storage = await opened();
      const id = newImageId();
      expect((await put(await storage.uploadUrl(id, UPLOAD), body)).status).toBe(403);
      expect(await storage.openUpload(id)).toBeNull();
    });

    test('refuses a body of no size, which comes in chunks', async () => {
      const storage = await opened();
      const id = newImageId();
      const body = new Blob(['picture']).stream();
      const answer = await fetch(await storage.uploadUrl(id, UPLOAD), {
        method: 'PUT',
        body,
        duplex: 'half',
      });
      expect(answer.ok).toBe(false);
      expect(await storage.openUpload(id)).toBeNull();
    });

    test('takes any type, but where one was named only that', async () => {
      const storage = await opened();
      const any = await storage.uploadUrl(newImageId(), UPLOAD);
      expect((await put(any, 'picture', { 'content-type': 'image/png' })).status).toBe(200);
      const jpeg = await storage.uploadUrl(newImageId(), { ...UPLOAD, contentType: 'image/jpeg' });
      expect((await put(jpeg, 'picture', { 'content-type': 'image/png' })).status).toBe(403);
      expect((await put(jpeg, 'picture', { 'content-type': 'image/jpeg' })).status).toBe(200);
    });

    test('is for that upload alone, and not to read or remove it', async () => {
      const storage = await opened();
      const [id, other] = [newImageId(), newImageId()];
      const url = await storage.uploadUrl(id, UPLOAD);
      expect((await put(url.replace(id, other), 'picture')).status).toBe(403);
      expect((await put(url, 'picture')).status).toBe(200);
      expect((await fetch(url)).status).toBe(403);
      expect((await fetch(url, { method: 'DELETE' })).status).toBe(403);
      expect(await allOf(storage.uploads(0))).toEqual([id]);
    });

    test('is of no use when its time is over', async () => {
      const storage = await opened();
      const id = newImageId();
      const url = await storage.uploadUrl(id, { ...UPLOAD, seconds: 1 });
      await eventually('its end', async () => (await put(url, 'picture')).status === 403);
    });
  });

  describe(`${name}: what was uploaded`, () => {
    async function uploaded(storage: DirectAccess, content: string) {
      const id = newImageId();
      const url = await storage.uploadUrl(id, { seconds: MINUTE_S, bytes: content.length });
      expect((await put(url, content)).status).toBe(200);
      return { id, url };
    }

    test('is read as it was when it was opened, whatever is put there meanwhile', async () => {
      const storage = await opened();
      const { id, url } = await uploaded(storage, 'picture'.repeat(500_000));
      const upload = await storage.openUpload(id);
      expect((await put(url, 'another'.repeat(500_000))).status).toBe(200);
      expect(await text(upload?.body ?? new ReadableStream())).toBe('picture'.repeat(500_000));
      await storage.removeUpload(id);
    });

    test('is no original, and listed by its age until it is removed', async () => {
      const storage = await opened();
      const [{ id }, other] = [await uploaded(storage, 'picture'), await uploaded(storage, 'picture')];
      expect(await allOf(storage.originals(0))).toEqual([]);
      expect(await allOf(storage.uploads(HOUR_MS))).toEqual([]);
      expect((await allOf(storage.uploads(0))).toSorted()).toEqual([id, other.id].toSorted());
      await storage.removeUpload(id);
      await storage.removeUpload(id);
      await storage.removeUpload(newImageId());
      expect(await storage.openUpload(id)).toBeNull();
      expect(await allOf(storage.uploads(0))).toEqual([other.id]);
    });
  });

  test(`${name}: there is nothing to give up where nothing was left`, async () => {
    const storage = await opened();
    expect(await storage.abortAbandoned(0)).toBe(0);
  });
}
