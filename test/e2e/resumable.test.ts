import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { StandingAnswer } from '../../server/contract/answers.ts';
import { eventually } from '../helpers/eventually.ts';
import { paddedPicture } from '../helpers/padded-picture.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { freezeWorkers, thaw } from '../helpers/processes.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { uploadStoppedAt } from '../helpers/stopped-upload.ts';
import { storesOf } from '../helpers/stores.ts';
import { said, TusRequests } from '../helpers/tus-requests.ts';
import { uploadByTus } from '../helpers/tus-upload.ts';
import { endOf } from '../helpers/upload.ts';

const BYTES = 3_000_000;
const TENTHS = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((tenth) => (tenth * BYTES) / 10);

let service: RunningService;
let tus: TusRequests;
beforeAll(async () => {
  service = await startService({ env: { N_WORKERS: '1' } });
  tus = new TusRequests(service);
});
afterAll(() => service[Symbol.asyncDispose]());

const newPicture = async (bytes = BYTES) => new Uint8Array(await paddedPicture(bytes));
const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const imageIn = (answer: Response) => answer.headers.get('darkroom-image') ?? '';

const Image = z.looseObject({
  status: z.string(),
  metadata: z.unknown(),
  source: z.looseObject({ sha256: z.string() }),
  links: z.looseObject({ self: z.string(), job: z.string() }),
});
const imageAt = async (path: string) => Image.parse(await (await service.fetch(path)).json());

describe('tus-js-client', () => {
  test('brings a picture with what is said of it, and is told what it has become', async () => {
    const picture = await paddedPicture(BYTES);
    const metadata = { filename: 'holiday.jpg', filetype: 'image/jpeg', metadata: '{"seller":7}' };
    const { image, url } = await uploadByTus(service.url, picture, { metadata });
    const answer = await imageAt(`/images/${image}`);
    expect(answer).toMatchObject({ metadata: { seller: 7 }, source: { sha256: sha256Of(picture) } });
    const wait = { headers: { prefer: 'wait=30' } };
    const standing = StandingAnswer.parse(await (await service.fetch(new URL(url).pathname, wait)).json());
    expect(standing).toMatchObject({
      bytes: BYTES,
      offset: BYTES,
      accepted: { id: image, status: 'succeeded' },
    });
    expect(JSON.stringify(service.lines), 'a name is nobody’s business').not.toContain('holiday');
  });

  test('brings one where nothing lets PATCH through, by POST, which ends one as well', async () => {
    const picture = await paddedPicture(BYTES);
    const { image, url } = await uploadByTus(service.url, picture, { overridePatchMethod: true });
    expect((await imageAt(`/images/${image}`)).source.sha256).toBe(sha256Of(picture));
    const asked = { method: 'POST', headers: { 'tus-resumable': '1.0.0' } };
    await expectProblem(await service.fetch(new URL(url).pathname, asked), 'bad_parameter');
    const other = await tus.opened(BYTES);
    const headers = { ...asked.headers, 'x-http-method-override': 'DELETE' };
    expect((await service.fetch(other, { ...asked, headers })).status).toBe(204);
    expect((await tus.head(other)).status).toBe(404);
  });

  test('goes on where it was cut, at every tenth of the way', async () => {
    const picture = await paddedPicture(BYTES);
    const uploaded = await uploadStoppedAt(
      TENTHS,
      picture,
      () => service,
      async () => {},
      Infinity,
    );
    expect((await imageAt(`/images/${uploaded.image}`)).source.sha256).toBe(sha256Of(picture));
    expect(uploaded.offsets).toEqual(uploaded.offsets.toSorted((one, other) => one - other));
  });
});

test('OPTIONS says what is spoken here', async () => {
  const answer = await service.fetch('/files', { method: 'OPTIONS' });
  expect(answer.status).toBe(204);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'tus-version': '1.0.0',
    'tus-extension': 'creation,creation-with-upload,expiration,termination,checksum',
    'tus-checksum-algorithm': 'sha1,sha256,sha512',
    'tus-max-size': String(20 * 1024 * 1024),
  });
});

describe('an upload', () => {
  test('may come with the request that opens it', async () => {
    const picture = await newPicture(90_000);
    const answer = await service.fetch('/files', {
      method: 'POST',
      headers: {
        'tus-resumable': '1.0.0',
        'upload-length': String(picture.length),
        'content-type': 'application/offset+octet-stream',
      },
      body: picture,
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('upload-offset')).toBe('90000');
    expect((await imageAt(imageIn(answer))).source.sha256).toBe(sha256Of(picture));
  });

  test('says how far it is, until when it lives, and what was said of it', async () => {
    const fields = said({ filename: 'x', preset: 'default' });
    const url = await tus.opened(BYTES, fields);
    const picture = await newPicture();
    const added = await tus.add(url, 0, picture.subarray(0, 1_234_567));
    expect(added.status).toBe(204);
    expect(added.headers.get('upload-offset')).toBe('1234567');
    const head = await tus.head(url);
    expect(Object.fromEntries(head.headers)).toMatchObject({
      'upload-offset': '1234567',
      'upload-length': String(BYTES),
      ...fields,
      'cache-control': 'no-store',
    });
    const livesFor = Date.parse(head.headers.get('upload-expires') ?? '') - Date.now();
    expect(livesFor).toBeGreaterThan(86_300_000);
    expect(livesFor).toBeLessThan(86_500_000);
    await tus.end(url);
  });

  test('comes in many small requests, and few parts are made of them', async () => {
    const picture = await newPicture(200_000);
    const url = await tus.opened(picture.length);
    for (let at = 0; at < 190_000; at += 10_000) await tus.add(url, at, picture.subarray(at, at + 10_000));
    const parts = [...(await (await storesOf(service)).parts()).keys()];
    expect(parts.filter((part) => part.startsWith(url.slice('/files/'.length))).length).toBeLessThan(5);
    const last = await tus.add(url, 190_000, picture.subarray(190_000));
    expect((await imageAt(imageIn(last))).source.sha256).toBe(sha256Of(picture));
  });

  test('is one image, whoever asks and however often', async () => {
    const picture = await newPicture();
    const url = await tus.opened(picture.length);
    await tus.add(url, 0, picture.subarray(0, 2_000_000));
    const first = await tus.add(url, 2_000_000, picture.subarray(2_000_000));
    const answers = await Promise.all([tus.add(url, BYTES, new Uint8Array()), tus.head(url), tus.head(url)]);
    expect(new Set([first, ...answers].map(imageIn)).size).toBe(1);
    const lines = service.lines.filter(
      ({ msg, uploadId }) => msg === 'upload accepted' && url.endsWith(`${uploadId}`),
    );
    expect(lines).toHaveLength(1);
  });

  test('is accepted while every worker is busy, and waits for one', async () => {
    const opened = await tus.opened(90_000);
    const frozen = await freezeWorkers(service);
    try {
      const busy = await newPicture(90_000);
      const held = await tus.add(await tus.opened(busy.length), 0, busy);
      const picture = await newPicture(90_000);
      const answer = await tus.add(opened, 0, picture);
      expect([held.status, answer.status]).toEqual([204, 204]);
      const refused = await service.fetch('/upload', {
        method: 'POST',
        headers: { 'content-type': 'image/jpeg' },
        body: await newPicture(90_000),
      });
      await expectProblem(refused, 'no_worker');
      for (const pid of frozen) thaw(pid);
      const { links } = await imageAt(imageIn(answer));
      expect(await endOf(service, { id: '', status: '', links })).toMatchObject({ status: 'succeeded' });
    } finally {
      for (const pid of frozen) thaw(pid);
    }
  });

  test('whose request breaks off has every byte of it that has come', async () => {
    const url = await tus.opened(BYTES);
    const picture = await newPicture();
    const breaking = new AbortController();
    const body = new ReadableStream<Uint8Array>({
      start: (it) => it.enqueue(picture.subarray(0, 1_200_000)),
    });
    const headers = {
      'tus-resumable': '1.0.0',
      'upload-offset': '0',
      'content-type': 'application/offset+octet-stream',
    };
    const request = { method: 'PATCH', headers, body, duplex: 'half', signal: breaking.signal } as const;
    const sending = fetch(new URL(url, service.url), request).catch(() => {});
    await eventually('its first part', async () => (await tus.offsetOf(url)) > 1_000_000);
    breaking.abort();
    await sending;
    await eventually('the rest of it', async () => (await tus.offsetOf(url)) === 1_200_000);
    await tus.end(url);
  });

  test('given up leaves nothing', async () => {
    const url = await tus.opened(BYTES);
    await tus.add(url, 0, (await newPicture()).subarray(0, 1_500_000));
    const stores = await storesOf(service);
    expect((await stores.parts()).size).toBeGreaterThan(0);
    expect((await tus.end(url)).status).toBe(204);
    expect(await stores.parts()).toEqual(new Map());
    expect((await tus.head(url)).status).toBe(404);
    await expectProblem(await tus.end(url), 'not_found');
  });
});
