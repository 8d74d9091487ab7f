import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { readMultipart } from '../../../server/intake/multipart.ts';
import type { SpoolFile } from '../../../server/intake/spool-file.ts';
import { FORM_TYPE, multipartBody } from '../../helpers/multipart-body.ts';

const image = (data: string) => multipartBody([{ name: 'image', fileName: 'a.jpg', data }]);
const headers = { 'content-type': FORM_TYPE };

async function* inPieces(body: Buffer, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < body.length; at += length) {
    yield body.subarray(at, at + length);
    await nextTurn();
  }
}

/** Takes its time with each piece, as a disk does. */
function slowSpool(write: (piece: Uint8Array) => void): SpoolFile {
  return {
    write: async (piece: Uint8Array) => {
      await nextTurn();
      write(piece);
    },
  } as SpoolFile;
}

it.each([1, 7, 1000])('gathers the image and the texts from pieces of %i bytes', async (length) => {
  const written: Uint8Array[] = [];
  const spool = slowSpool((piece) => written.push(piece));
  const body = multipartBody([
    { name: 'preset', data: 'listing' },
    { name: 'image', fileName: 'a.jpg', data: 'the image\r\n--' },
    { name: 'metadata', data: '{}' },
  ]);
  const fields = await readMultipart(headers, inPieces(body, length), spool);
  expect(Buffer.concat(written).toString()).toBe('the image\r\n--');
  expect([...fields]).toEqual([
    ['preset', 'listing'],
    ['metadata', '{}'],
  ]);
});

it('a spool that fails when the form has already ended ends the reading', async () => {
  const lastWrite = Promise.withResolvers<void>();
  const spool = { write: () => lastWrite.promise } as unknown as SpoolFile;
  async function* pieces() {
    const body = image('x');
    // The write begins before the part is known to be at its end.
    yield body.subarray(0, -10);
    await nextTurn();
    yield body.subarray(-10);
    setImmediate(() => lastWrite.reject(new Error('the last write failed')));
  }
  await expect(readMultipart(headers, pieces(), spool)).rejects.toThrow('the last write failed');
});

it.each(['multipart/form-data', 'multipart/form-data; boundary=', 'multipart/form-data; boundary=""'])(
  'a form without a boundary is malformed: %s',
  async (type) => {
    const reading = readMultipart(
      { 'content-type': type },
      inPieces(image('x'), 1000),
      slowSpool(() => {}),
    );
    await expect(reading).rejects.toMatchObject({ code: 'malformed_request' });
  },
);
