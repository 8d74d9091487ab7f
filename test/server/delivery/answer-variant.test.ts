import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { BY_ADDRESS } from '../../../server/access/reading.ts';
import type { Conditions } from '../../../server/delivery/answer-file.ts';
import { answerVariant } from '../../../server/delivery/answer-variant.ts';
import type { Choice } from '../../../server/delivery/choose-variant.ts';
import { newRunId } from '../../../shared/domain/ids.ts';
import type { PublishedSet, Variant } from '../../../shared/domain/image.ts';
import { DiskStorage } from '../../../shared/storage/disk/disk-storage.ts';
import { sha256Of } from '../../helpers/job-records.ts';
import { ownFolder } from '../../helpers/own-folder.ts';
import { putFiles } from '../../helpers/put-files.ts';

const CONTENT = '0123456789';
const VARIANT: Variant = {
  name: 'thumb',
  format: 'webp',
  width: 10,
  height: 10,
  bytes: CONTENT.length,
  sha256: sha256Of(CONTENT),
  frames: 1,
};
const ETAG = `"${VARIANT.sha256}"`;
const CHOICE: Choice = { variant: VARIANT, immutable: false, negotiated: false };
const GET: Conditions = { method: 'GET', ifNoneMatch: undefined, range: undefined, ifRange: undefined };

async function published() {
  const folder = await ownFolder();
  const storage = await DiskStorage.open(join(folder, 'storage'));
  const set: PublishedSet = {
    runId: newRunId(),
    manifest: { pipelineVersion: 1, variants: [VARIANT], description: null, privacy: null },
    publishedAt: 1,
  };
  await putFiles(storage, set.runId, { 'thumb.webp': CONTENT });
  const read = vi.spyOn(storage, 'readVariant');
  const answer = async (conditions: Partial<Conditions> = {}, choice: Partial<Choice> = {}) => {
    const response = await answerVariant(
      { storage, direct: null },
      set,
      { ...CHOICE, ...choice },
      { ...GET, ...conditions },
      BY_ADDRESS,
    );
    if (!response) throw new Error('the file is not there');
    return response;
  };
  return { storage, set, read, answer };
}

describe('a whole variant', () => {
  test('is answered with what it is', async () => {
    const { answer } = await published();
    const response = await answer();
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'image/webp',
      'content-length': '10',
      etag: ETAG,
      'cache-control': 'no-cache',
      'accept-ranges': 'bytes',
    });
    expect(await response.text()).toBe(CONTENT);
  });

  test('is kept for a year where the URL names its bytes', async () => {
    const { answer } = await published();
    const response = await answer({ method: 'HEAD' }, { immutable: true });
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  });

  test('varies by Accept where its format was chosen by that, and so does a 304', async () => {
    const { answer } = await published();
    for (const conditions of [{ method: 'HEAD' }, { ifNoneMatch: ETAG }]) {
      expect((await answer(conditions, { negotiated: true })).headers.get('vary')).toBe('Accept');
      expect((await answer(conditions)).headers.get('vary')).toBeNull();
    }
  });

  test('has no body for HEAD, and opens no file for it', async () => {
    const { answer, read } = await published();
    const response = await answer({ method: 'HEAD' });
    expect([response.status, response.body]).toEqual([200, null]);
    expect(response.headers.get('content-length')).toBe('10');
    expect(read).not.toHaveBeenCalled();
  });
});

describe('If-None-Match', () => {
  test.each([
    ['the tag', ETAG],
    ['the weak tag', `W/${ETAG}`],
    ['a list with it', `"a", W/"b" ,${ETAG}`],
    ['anything', '*'],
  ])('with %s is answered by 304, without a body and without opening a file', async (_, ifNoneMatch) => {
    const { answer, read } = await published();
    const response = await answer({ ifNoneMatch, range: 'bytes=0-1' });
    expect([response.status, response.body]).toEqual([304, null]);
    expect(response.headers.get('etag')).toBe(ETAG);
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(response.headers.get('content-length')).toBeNull();
    expect(read).not.toHaveBeenCalled();
  });

  test.each(['"other"', VARIANT.sha256, '', '"other", "third"'])(
    'with %j is answered by the file',
    async (ifNoneMatch) => {
      const { answer } = await published();
      const response = await answer({ ifNoneMatch });
      expect([response.status, await response.text()]).toEqual([200, CONTENT]);
    },
  );
});

describe('Range', () => {
  test.each([
    ['bytes=0-0', '0', 'bytes 0-0/10'],
    ['bytes=0-3', '0123', 'bytes 0-3/10'],
    ['bytes=9-9', '9', 'bytes 9-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=-10', CONTENT, 'bytes 0-9/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=0-', CONTENT, 'bytes 0-9/10'],
    ['bytes=5-99999', '56789', 'bytes 5-9/10'],
    ['bytes=-99999', CONTENT, 'bytes 0-9/10'],
  ])('%s is answered by these bytes', async (range, body, contentRange) => {
    const { answer } = await published();
    const response = await answer({ range });
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(contentRange);
    expect(response.headers.get('content-length')).toBe(String(body.length));
    expect(response.headers.get('etag')).toBe(ETAG);
    expect(await response.text()).toBe(body);
  });

  test.each(['bytes=10-', 'bytes=10-20', 'bytes=99999-', 'bytes=-0'])(
    '%s is outside of the file',
    async (range) => {
      const { answer, read } = await published();
      await expect(answer({ range })).rejects.toMatchObject({
        code: 'range_not_satisfiable',
        extras: { headers: { 'content-range': 'bytes */10' } },
      });
      expect(read).not.toHaveBeenCalled();
    },
  );

  test.each([
    ['several ranges', 'bytes=0-1,4-5'],
    ['another unit', 'lines=0-1'],
    ['no range', 'bytes'],
    ['no numbers', 'bytes=a-b'],
    ['a lonely dash', 'bytes=-'],
    ['an end before its beginning', 'bytes=5-2'],
    ['nothing', ''],
  ])('with %s is answered by the whole file', async (_, range) => {
    const { answer } = await published();
    const response = await answer({ range });
    expect([response.status, await response.text()]).toEqual([200, CONTENT]);
    expect(response.headers.get('content-range')).toBeNull();
  });

  test('counts for GET alone (RFC 9110, section 14.2)', async () => {
    const { answer } = await published();
    const response = await answer({ method: 'HEAD', range: 'bytes=0-3' });
    expect([response.status, response.headers.get('content-length')]).toEqual([200, '10']);
    expect((await answer({ method: 'HEAD', range: 'bytes=99-' })).status).toBe(200);
  });
});

describe('If-Range', () => {
  test('with the tag lets the range count', async () => {
    const { answer } = await published();
    expect((await answer({ range: 'bytes=0-3', ifRange: ETAG })).status).toBe(206);
  });

  test.each([
    ['another tag', '"other"'],
    ['the weak tag', `W/${ETAG}`],
    ['a date', 'Wed, 21 Oct 2026 07:28:00 GMT'],
  ])('with %s leaves the range out', async (_, ifRange) => {
    const { answer } = await published();
    const response = await answer({ range: 'bytes=0-3', ifRange });
    expect([response.status, await response.text()]).toEqual([200, CONTENT]);
  });

  test('with another tag leaves out even a range outside of the file', async () => {
    const { answer } = await published();
    expect((await answer({ range: 'bytes=99-', ifRange: '"other"' })).status).toBe(200);
  });
});

test('a file that was removed meanwhile is no answer', async () => {
  const { storage, set } = await published();
  await storage.removePublished(set.runId);
  expect(await answerVariant({ storage, direct: null }, set, CHOICE, GET, BY_ADDRESS)).toBeNull();
});
