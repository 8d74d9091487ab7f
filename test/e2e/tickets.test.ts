import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { imagePath } from '../../testdata/expected.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { Accepted, newPicture, postImage } from '../helpers/upload.ts';

const SMALL = imagePath('tiny_1x1.png');

const Ticket = z.object({
  url: z.string().startsWith('/upload?ticket='),
  expiresAt: z.iso.datetime(),
  maxBytes: z.int(),
  preset: z.string().nullable(),
  expires: z.string().nullable(),
});

const Times = z.object({ createdAt: z.iso.datetime(), expiresAt: z.iso.datetime() });

let service: RunningService;
beforeAll(async () => {
  service = await startService({ env: { HANDOFF_TIMEOUT_MS: '10000' } });
});
afterAll(() => service[Symbol.asyncDispose]());

const ask = (body?: object | string) =>
  service.fetch('/tickets', {
    method: 'POST',
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });

async function ticket(body?: object): Promise<z.infer<typeof Ticket>> {
  const answer = await ask(body);
  expect(answer.status).toBe(201);
  return Ticket.parse(await answer.json());
}

const send = (url: string, bytes: Buffer<ArrayBuffer>) =>
  service.fetch(url, { method: 'POST', body: bytes, headers: { 'content-type': 'image/png' } });

describe('a ticket', () => {
  test('lets one picture in, and the same one again as often as it comes', async () => {
    const { url, expiresAt, maxBytes, preset } = await ticket();
    expect({ maxBytes, preset }).toEqual({ maxBytes: 20 * 1024 * 1024, preset: null });
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(600_000);

    const bytes = await newPicture(SMALL);
    const first = Accepted.parse(await (await send(url, bytes)).json());
    const again = await send(url, bytes);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(Accepted.parse(await again.json()).id).toBe(first.id);
    await expectProblem(await send(url, await newPicture(SMALL)), 'ticket_used');
  });

  test('says when its picture ends, whatever the upload says', async () => {
    const { url, expires } = await ticket({ expires: 3600 });
    expect(expires).toBe('3600');
    const { id } = Accepted.parse(await (await send(`${url}&expires=60`, await newPicture(SMALL))).json());
    const { createdAt, expiresAt } = Times.parse(await (await service.fetch(`/images/${id}`)).json());
    expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(3_600_000);
    await expectProblem(await ask({ expires: 'tomorrow' }), 'bad_parameter');
    await expectProblem(await ask({ expires: 0 }), 'bad_parameter');
  });

  test('lets one of many in that come at once', async () => {
    const { url } = await ticket();
    const pictures = await Promise.all(Array.from({ length: 8 }, () => newPicture(SMALL)));
    const answers = await Promise.all(pictures.map((bytes) => send(url, bytes)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.every((status) => status === 200 || status === 409)).toBe(true);
  });

  test('is not used up by what is refused', async () => {
    const { url } = await ticket();
    await expectProblem(await send(url, Buffer.from('no picture')), 'unsupported_format');
    expect((await send(url, await newPicture(SMALL))).status).toBe(200);
  });

  test('has its own limit of bytes, and its own preset, whatever the form says', async () => {
    const bytes = await newPicture(SMALL);
    const { url } = await ticket({ maxBytes: bytes.length - 1, preset: 'default' });
    const { limit } = await expectProblem(await send(url, bytes), 'too_many_bytes');
    expect(limit).toBe(bytes.length - 1);

    const { url: other } = await ticket({ maxBytes: bytes.length, preset: 'default' });
    const posted = await postImage(
      Object.assign(Object.create(service), {
        fetch: (_: string, init: RequestInit) => service.fetch(other, init),
      }),
      bytes,
      { preset: 'another' },
    );
    expect(posted.status).toBe(200);
  });

  test.each(['', 'guessed', 'a.b.c'])('is not %j', async (token) => {
    await expectProblem(await send(`/upload?ticket=${token}`, await newPicture(SMALL)), 'bad_ticket');
  });
});

describe('asking for one is refused', () => {
  test.each([
    [{ expiresIn: 0 }, 'bad_parameter'],
    [{ expiresIn: 86_401 }, 'bad_parameter'],
    [{ maxBytes: 20 * 1024 * 1024 + 1 }, 'bad_parameter'],
    [{ tenant: 'other' }, 'bad_parameter'],
    ['no JSON', 'bad_parameter'],
    ['[]', 'bad_parameter'],
    [' '.repeat(5_000), 'bad_parameter'],
    [{ preset: 'there is none' }, 'unknown_preset'],
  ] as const)('with %j', async (body, code) => {
    await expectProblem(await ask(body), code);
  });
});
