import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { eventually } from '../helpers/eventually.ts';
import { filesBelow } from '../helpers/files-below.ts';
import { rawRequest, zeros } from '../helpers/http-exchange.ts';
import { FORM_TYPE, multipartBody } from '../helpers/multipart-body.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { storesOf } from '../helpers/stores.ts';

const STALL_MS = 300;
const WHOLE_MS = 1_000;
const MIB = 2 ** 20;
const JPEG = await readFile(imagePath('testimage_medium.jpg'));
const FORM = multipartBody([{ name: 'image', fileName: 'a.jpg', data: JPEG }]);

let service: RunningService;
beforeAll(async () => {
  const env = { UPLOAD_STALL_MS: String(STALL_MS), UPLOAD_TIMEOUT_MS: String(WHOLE_MS) };
  service = await startService({ env });
});
afterAll(() => service[Symbol.asyncDispose]());
afterEach(async () => {
  expect(await filesBelow(join(service.folder, 'spool'))).toEqual([]);
  expect(await (await storesOf(service)).originals()).toEqual([]);
});

describe('a client that is too slow is told so', () => {
  it.each([
    ['a raw body', 'image/jpeg', JPEG],
    ['a form', FORM_TYPE, FORM],
  ])('when it stands still in the middle of %s', async (_, type, body) => {
    const headers = { 'content-type': type, 'content-length': body.length };
    const half = body.subarray(0, body.length / 2);
    const answer = await rawRequest(service, '/upload', { headers, body: half, standStill: true });
    await expectProblem(answer, 'upload_too_slow');
    expect(answer.milliseconds).toBeGreaterThanOrEqual(STALL_MS - 10);
    expect(answer.milliseconds).toBeLessThan(WHOLE_MS);
  });

  it('when it sends its headers and nothing else', async () => {
    const headers = { 'content-type': 'image/jpeg', 'content-length': JPEG.length };
    await expectProblem(
      await rawRequest(service, '/upload', { headers, standStill: true }),
      'upload_too_slow',
    );
  });

  it('when it sends a little now and then, for ever', async () => {
    async function* trickle() {
      while (true) {
        yield Buffer.alloc(1);
        await sleep(STALL_MS / 6); // how slow the client is, which is what is tested
      }
    }
    const headers = { 'content-type': 'image/jpeg' };
    const answer = await rawRequest(service, '/upload', { headers, body: trickle() });
    await expectProblem(answer, 'upload_too_slow');
    expect(answer.milliseconds).toBeGreaterThanOrEqual(WHOLE_MS - 10);
  });
});

it('a client that hangs up in the middle leaves nothing behind, and harms no one', async () => {
  const { port, hostname } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write(
    'POST /upload HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: 16777216\r\n\r\n',
  );
  for await (const piece of zeros(4 * MIB)) if (!socket.write(piece)) await once(socket, 'drain');
  const spool = join(service.folder, 'spool');
  await eventually('a spool file', async () => (await filesBelow(spool)).length === 1);
  socket.destroy();
  await eventually('an empty spool', async () => (await filesBelow(spool)).length === 0);
  expect((await service.fetch('/livez')).status).toBe(200);
  expect(service.lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
});
