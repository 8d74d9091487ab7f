import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { filesBelow } from '../helpers/files-below.ts';
import { rawRequest, zeros } from '../helpers/http-exchange.ts';
import { BOUNDARY, FORM_TYPE, multipartBody } from '../helpers/multipart-body.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { endOf, upload } from '../helpers/upload.ts';

const MIB = 2 ** 20;
/** More than all the buffers on the way hold, so that the client is still sending when it is refused. */
const MUCH = 64 * MIB;
const SMALL = imagePath('testimage_small.jpg');
const LIMIT = (await readFile(SMALL)).length;

let service: RunningService;
beforeAll(async () => {
  service = await startService({ env: { MAX_UPLOAD_BYTES: String(LIMIT) } });
});
afterAll(() => service[Symbol.asyncDispose]());
afterEach(async () => expect(await filesBelow(join(service.folder, 'spool'))).toEqual([]));

async function* formOf(image: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const disposition = 'Content-Disposition: form-data; name="image"; filename="a.jpg"';
  yield Buffer.from(`--${BOUNDARY}\r\n${disposition}\r\nContent-Type: image/jpeg\r\n\r\n`);
  yield* image;
  yield Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
}

describe('an upload of too many bytes is refused with the limit', () => {
  it.each(['image/jpeg', FORM_TYPE])('by its Content-Length, before any of it is sent: %s', async (type) => {
    const headers = { 'content-type': type, 'content-length': MUCH };
    const answer = await rawRequest(service, '/upload', { headers, standStill: true });
    expect(await expectProblem(answer, 'too_many_bytes')).toMatchObject({ limit: LIMIT });
  });

  it.each(['image/jpeg', FORM_TYPE])('by its Content-Length, to a client that sends on: %s', async (type) => {
    const headers = { 'content-type': type, 'content-length': MUCH };
    for (let time = 0; time < 5; time++) {
      const answer = await rawRequest(service, '/upload', { headers, body: zeros(MUCH) });
      expect(await expectProblem(answer, 'too_many_bytes')).toMatchObject({ limit: LIMIT });
    }
  });

  it('while it streams in, as a raw body of unknown length', async () => {
    const headers = { 'content-type': 'image/jpeg' };
    for (let time = 0; time < 5; time++) {
      const answer = await rawRequest(service, '/upload', { headers, body: zeros(MUCH) });
      expect(await expectProblem(answer, 'too_many_bytes')).toMatchObject({ limit: LIMIT });
    }
  });

  it('while it streams in, as a form of unknown length', async () => {
    const headers = { 'content-type': FORM_TYPE };
    for (let time = 0; time < 5; time++) {
      const answer = await rawRequest(service, '/upload', { headers, body: formOf(zeros(MUCH)) });
      expect(await expectProblem(answer, 'too_many_bytes')).toMatchObject({ limit: LIMIT });
    }
  });

  it('from one byte too many on, in a form whose Content-Length is within bounds', async () => {
    const image = { name: 'image', fileName: 'a.jpg', data: Buffer.alloc(LIMIT + 1) };
    const body = multipartBody([image]);
    const headers = { 'content-type': FORM_TYPE, 'content-length': body.length };
    const answer = await rawRequest(service, '/upload', { headers, body });
    expect(await expectProblem(answer, 'too_many_bytes')).toMatchObject({ limit: LIMIT });
  });

  it('where a form has its bytes in other fields', async () => {
    async function* longForm() {
      yield Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="padding"\r\n\r\n`);
      yield* zeros(MUCH);
    }
    const answer = await rawRequest(service, '/upload', {
      headers: { 'content-type': FORM_TYPE },
      body: longForm(),
    });
    expect([400, 413]).toContain(answer.status);
    await expectProblem(answer, answer.status === 413 ? 'too_many_bytes' : 'bad_parameter');
  });
});

it('an upload of exactly the limit is taken', async () => {
  expect(await endOf(service, await upload(service, await readFile(SMALL)))).toMatchObject({
    status: 'succeeded',
  });
});
