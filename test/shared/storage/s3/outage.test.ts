import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import { newImageId, newRunId, type RunId } from '../../../../shared/domain/ids.ts';
import { S3_LIMITS, type S3Limits } from '../../../../shared/storage/s3/s3-limits.ts';
import { S3Storage } from '../../../../shared/storage/s3/s3-storage.ts';
import { type S3Settings, S3Url } from '../../../../shared/storage/s3/s3-url.ts';
import { allOf } from '../../../helpers/all-of.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { putFiles } from '../../../helpers/put-files.ts';
import { recordingLog } from '../../../helpers/recording-log.ts';
import { S3_ENVIRONMENT } from '../../../helpers/s3-environment.ts';
import { type OpenS3Storage, openS3Storage } from '../../../helpers/s3-storage.ts';
import { describeWithS3 } from '../../../helpers/with-s3.ts';

/** Short for a test, and long for a server that is only slow. */
const LIMITS: Partial<S3Limits> = {
  attemptMs: 1_000,
  callMs: 2_500,
  attempts: 2,
  failuresToOpen: 2,
  openMs: 500,
};

/** Of a machine with more work than cores. */
const MARGIN_MS = 2_000;

const UNAVAILABLE = { name: 'StoreError', code: 'storage_unavailable' };
const NOT_ASKED = 'S3 is out of reach, and was not asked';

describeWithS3('without S3', (server) => {
  async function open(limits: Partial<S3Limits> = {}) {
    const it = await openS3Storage(server(), { ...LIMITS, ...limits });
    const run = newRunId();
    await putFiles(it.storage, run, { 'thumb.jpg': 'thumb' });
    return { ...it, run };
  }

  /** Every kind of call, in the same words. */
  function everyCall({ storage, folder }: OpenS3Storage, run: RunId): Record<string, () => Promise<unknown>> {
    return {
      keepOriginal: async () => {
        const path = join(folder, newImageId());
        await writeFile(path, 'picture');
        await storage.keepOriginal(newImageId(), path);
      },
      stageOriginal: () => storage.stageOriginal(newImageId(), join(folder, newImageId())),
      readOriginal: () => storage.readOriginal(newImageId()),
      publish: () => putFiles(storage, newRunId(), { 'thumb.jpg': 'thumb' }),
      readVariant: () => storage.readVariant(run, 'thumb.jpg'),
      removeOriginal: () => storage.removeOriginal(newImageId()),
      removePublished: () => storage.removePublished(run),
      originals: () => allOf(storage.originals(0)),
      published: () => allOf(storage.published(0)),
      openUpload: () => storage.openUpload(newImageId()),
      removeUpload: () => storage.removeUpload(newImageId()),
      uploads: () => allOf(storage.uploads(0)),
      abortAbandoned: () => storage.abortAbandoned(0),
    };
  }

  const read = async ({ storage, run }: OpenS3Storage & { run: RunId }) => {
    const stream = await storage.readVariant(run, 'thumb.jpg');
    return stream && (await text(stream));
  };

  test('every call fails while the server is down, then at once, and works when it is there again', async () => {
    const it = await open({ openMs: 2_000 });
    await server().stop();
    onTestFinished(() => server().restart());
    const calls = Object.entries(everyCall(it, it.run));
    await expect(read(it)).rejects.toMatchObject({
      ...UNAVAILABLE,
      message: expect.stringContaining('ECONNREFUSED'),
    });
    await expect(read(it)).rejects.toMatchObject(UNAVAILABLE);
    expect(it.storage.isInReach).toBe(false);
    for (const [name, call] of calls)
      await expect(call(), name).rejects.toMatchObject({
        ...UNAVAILABLE,
        message: expect.stringContaining(NOT_ASKED),
      });

    await server().restart();
    await eventually('S3 to be asked again', () => read(it).catch(() => null));
    expect(it.storage.isInReach).toBe(true);
    for (const [, call] of calls) await call();
    expect(it.lines.map(({ msg }) => msg)).toEqual([
      'S3 is out of reach: calls fail at once',
      'S3 is in reach again',
    ]);
  });

  test('a call to a server that says nothing ends in its time, and those after it at once', async () => {
    const it = await open();
    await server().freeze();
    onTestFinished(() => server().thaw());
    const begun = performance.now();
    const reads = [read(it), read(it)];
    for (const { reason } of (await Promise.allSettled(reads)) as PromiseRejectedResult[]) {
      expect(reason).toMatchObject({ ...UNAVAILABLE, message: expect.stringMatching(/ETIMEDOUT|NoAnswer/) });
    }
    expect(performance.now() - begun).toBeLessThan(2_500 + MARGIN_MS);
    await expect(read(it)).rejects.toMatchObject({ ...UNAVAILABLE, message: NOT_ASKED });

    server().thaw();
    expect(await eventually('S3 to be asked again', () => read(it).catch(() => null))).toBe('thumb');
    expect(it.storage.isInReach).toBe(true);
  });

  test('a call ends in its time, whatever its tries have', async () => {
    const it = await open({ attemptMs: 60_000, callMs: 1_000 });
    await server().freeze();
    onTestFinished(() => server().thaw());
    const begun = performance.now();
    await expect(read(it)).rejects.toMatchObject({
      ...UNAVAILABLE,
      message: expect.stringContaining('NoAnswer'),
    });
    expect(performance.now() - begun).toBeLessThan(1_000 + MARGIN_MS);
  });

  test('what is taken back after a failure is waited for no longer than it may', async () => {
    const { storage, folder } = await openS3Storage(server(), {
      ...LIMITS,
      failuresToOpen: 100,
      cleanUpMs: 200,
    });
    const path = join(folder, 'picture');
    await writeFile(path, 'picture');
    await server().freeze();
    onTestFinished(() => server().thaw());
    const begun = performance.now();
    await expect(storage.keepOriginal(newImageId(), path)).rejects.toMatchObject(UNAVAILABLE);
    expect(performance.now() - begun).toBeLessThan(2_500 + 200 + MARGIN_MS);
  });

  test('an answer that stops in the middle is awaited for a while', async () => {
    const { storage } = await openS3Storage(server(), { ...LIMITS, stillMs: 300 });
    const run = newRunId();
    await putFiles(storage, run, { 'large.png': Buffer.alloc(15_000_000) });
    const stream = await storage.readVariant(run, 'large.png');
    const reader = stream?.getReader();
    await reader?.read();
    await server().freeze();
    onTestFinished(() => server().thaw());
    const rest = async () => {
      while (!(await reader?.read())?.done);
    };
    await expect(rest()).rejects.toMatchObject({ ...UNAVAILABLE, message: 'read from S3: CutShort' });
  });
});

describeWithS3('a storage opens only where it can be written, and says why not', (server) => {
  async function opened(change: Partial<S3Settings> = {}) {
    const settings = { ...S3Url.parse(server().urlOf(await server().newBucket())), ...change };
    const limits = { ...S3_LIMITS, ...LIMITS };
    const storage = S3Storage.open(settings, recordingLog().log, limits);
    return { storage, where: `the bucket ${settings.bucket} at ${settings.endpoint}: put probe` };
  }

  function withEnvironment(changes: Record<string, string | undefined>): void {
    for (const [name, value] of Object.entries(changes)) vi.stubEnv(name, value);
    onTestFinished(() => {
      for (const [name, value] of Object.entries(S3_ENVIRONMENT)) vi.stubEnv(name, value);
    });
  }

  const failure = async (storage: Promise<S3Storage>) =>
    storage.then(
      () => null,
      (error: unknown) => error,
    );

  test('a bucket that is not there', async () => {
    const { storage, where } = await opened({ bucket: 'missing' });
    expect(await failure(storage)).toMatchObject({ ...UNAVAILABLE, message: `${where}: NoSuchBucket (404)` });
  });

  test('keys that are wrong, of which it says nothing', async () => {
    withEnvironment({ AWS_SECRET_ACCESS_KEY: 'another-secret' });
    const { storage, where } = await opened();
    const error = await failure(storage);
    expect(error).toMatchObject({ ...UNAVAILABLE, message: `${where}: SignatureDoesNotMatch (403)` });
    expect(inspect(error, { depth: null, showHidden: true })).not.toMatch(
      /secret|Signature=|darkroom:tests/i,
    );
  });

  test('keys that are missing', async () => {
    withEnvironment({ AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined });
    const { storage, where } = await opened();
    const message = `${where}: CredentialsProviderError`;
    expect(await failure(storage)).toMatchObject({ ...UNAVAILABLE, message });
  });

  test('a server that is not there', async () => {
    const { storage, where } = await opened({ endpoint: 'http://127.0.0.1:1' });
    expect(await failure(storage)).toMatchObject({ ...UNAVAILABLE, message: `${where}: ECONNREFUSED` });
  });

  test('nothing is left of looking whether it can be', async () => {
    const bucket = await server().newBucket();
    const { storage } = await opened({ bucket });
    (await storage).close();
    expect(await server().keysOf(bucket)).toEqual([]);
  });
});
