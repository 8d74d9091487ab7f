import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect, onTestFinished, test, vi } from 'vitest';
import { bodyStream } from '../../../../shared/storage/s3/body-stream.ts';

const STILL_MS = 10_000;
const FAULT = { name: 'StoreError', code: 'storage_unavailable' };

function opened(bytes: number) {
  const body = new PassThrough();
  return { body, stream: bodyStream(body, bytes, STILL_MS) };
}

test('what was sent is read', async () => {
  const { body, stream } = opened(10);
  body.write('01234');
  body.end('56789');
  expect(String(await buffer(stream))).toBe('0123456789');
});

test.each([0, 9, 11])('a body that ends after 10 bytes and not %i is no whole one', async (bytes) => {
  const { body, stream } = opened(bytes);
  body.end('0123456789');
  await expect(buffer(stream)).rejects.toMatchObject({ ...FAULT, message: 'read from S3: CutShort' });
});

test('what breaks off is told by the name that the system has for it', async () => {
  const { body, stream } = opened(10);
  body.write('01234');
  const reader = stream.getReader();
  await reader.read();
  body.destroy(Object.assign(new Error('of a socket'), { code: 'ECONNRESET' }));
  await expect(reader.read()).rejects.toMatchObject({ ...FAULT, message: 'read from S3: ECONNRESET' });
});

test('who waits for more does so for a while', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const { body, stream } = opened(10);
  body.write('01234');
  const reader = stream.getReader();
  await reader.read();
  // Nobody waits, however long that is.
  await vi.advanceTimersByTimeAsync(100 * STILL_MS);
  expect(body.destroyed).toBe(false);
  const read = expect(reader.read()).rejects.toMatchObject({ ...FAULT, message: 'read from S3: CutShort' });
  await vi.advanceTimersByTimeAsync(STILL_MS - 1);
  expect(body.destroyed).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await read;
  expect(body.destroyed).toBe(true);
});

test('who reads no more ends the request', async () => {
  const { body, stream } = opened(10);
  body.write('01234');
  const reader = stream.getReader();
  await reader.read();
  await reader.cancel();
  if (!body.closed) await once(body, 'close');
  expect(body.destroyed).toBe(true);
});
