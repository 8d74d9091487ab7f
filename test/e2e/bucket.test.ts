import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { imagePath } from '../../testdata/expected.ts';
import { imageOf } from '../helpers/image-answer.ts';
import { newDatabase } from '../helpers/postgres-server.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { Relay } from '../helpers/relay.ts';
import { S3_ENVIRONMENT } from '../helpers/s3-environment.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { sharedServer } from '../helpers/shared-servers.ts';
import { Accepted, endOf, newPicture } from '../helpers/upload.ts';
import { describeWithS3 } from '../helpers/with-s3.ts';

const PICTURE = imagePath('testimage_200kb.jpg');

const Ticket = z.object({
  url: z.string().regex(/^\/uploads\/[0-9a-f-]{36}\/complete\?ticket=/),
  maxBytes: z.int(),
  put: z.object({ url: z.url(), contentType: z.string() }),
});

describeWithS3('clients and the bucket', (server) => {
  let service: RunningService;
  let bucket: string;
  /** By which clients know the server. */
  let outside: Relay;
  beforeAll(async () => {
    outside = await Relay.to(server().endpoint);
    bucket = await server().newBucket();
    service = await startService({
      env: {
        ...S3_ENVIRONMENT,
        DATABASE_URL: await newDatabase(await sharedServer('postgres')),
        STORAGE_URL: `${server().urlOf(bucket)}&publicEndpoint=${outside.endpoint}`,
        READ_MODE: 'redirect',
        HANDOFF_TIMEOUT_MS: '10000',
      },
    });
  }, 60_000);
  afterAll(async () => {
    await service[Symbol.asyncDispose]();
    await outside[Symbol.asyncDispose]();
  });

  const ask = (direct: object) =>
    service.fetch('/tickets', { method: 'POST', body: JSON.stringify({ direct }) });

  async function ticketFor(bytes: Buffer) {
    const answer = await ask({ bytes: bytes.length, contentType: 'image/jpeg' });
    expect(answer.status).toBe(201);
    const ticket = Ticket.parse(await answer.json());
    expect(new URL(ticket.put.url).origin).toBe(outside.endpoint);
    return ticket;
  }

  const put = ({ put }: z.infer<typeof Ticket>, body: Buffer<ArrayBuffer>) =>
    fetch(put.url, { method: 'PUT', body, headers: { 'content-type': put.contentType } });

  const complete = ({ url }: z.infer<typeof Ticket>) => service.fetch(url, { method: 'POST' });

  const incoming = async () => (await server().keysOf(bucket)).filter((key) => key.startsWith('incoming/'));

  test('what was put into the bucket is accepted like any upload, and is there no more', async () => {
    const bytes = await newPicture(PICTURE);
    const ticket = await ticketFor(bytes);
    expect((await put(ticket, bytes)).ok).toBe(true);
    expect(await incoming()).toHaveLength(1);
    const answer = await complete(ticket);
    expect(answer.status).toBe(200);
    const accepted = Accepted.parse(await answer.json());
    const { id } = accepted;
    expect((await endOf(service, accepted)).status).toBe('succeeded');
    const image = await imageOf(service, accepted);
    expect(image.source.bytes).toBe(bytes.length);
    expect(await incoming()).toEqual([]);

    const again = await complete(ticket);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(Accepted.parse(await again.json()).id).toBe(id);
  });

  test('nothing is accepted before it was put there, and then it may be', async () => {
    const bytes = await newPicture(PICTURE);
    const ticket = await ticketFor(bytes);
    await expectProblem(await complete(ticket), 'not_found');
    await put(ticket, bytes);
    expect((await complete(ticket)).status).toBe(200);
  });

  test('what is no picture is refused as everywhere', async () => {
    const bytes = Buffer.from('no picture');
    const ticket = await ticketFor(bytes);
    await put(ticket, bytes);
    await expectProblem(await complete(ticket), 'unsupported_format');
  });

  test('the bucket takes what was asked for, and no more', async () => {
    const bytes = await newPicture(PICTURE);
    const ticket = await ticketFor(bytes);
    expect((await put(ticket, Buffer.concat([bytes, Buffer.from('x')]))).ok).toBe(false);
    await expectProblem(await complete(ticket), 'not_found');
  });

  test('a ticket is for its own upload', async () => {
    const [one, other] = [
      await ticketFor(await newPicture(PICTURE)),
      await ticketFor(await newPicture(PICTURE)),
    ];
    const url = one.url.replace(/\/uploads\/[^/]+/, `/uploads/${/\/uploads\/([^/]+)/.exec(other.url)?.[1]}`);
    await expectProblem(await service.fetch(url, { method: 'POST' }), 'bad_ticket');
    await expectProblem(await service.fetch(one.url.replace(/\?.*/, ''), { method: 'POST' }), 'bad_ticket');
  });

  test.each([
    { bytes: 0, contentType: 'image/png' },
    { bytes: 1, contentType: 'text/html' },
    { bytes: 1e9, contentType: 'image/png' },
  ])('no ticket is given for %j', async (direct) => {
    await expectProblem(await ask(direct), 'bad_parameter');
  });

  test('variants come from the bucket itself, as what they are', async () => {
    const bytes = await newPicture(PICTURE);
    const ticket = await ticketFor(bytes);
    await put(ticket, bytes);
    const accepted = Accepted.parse(await (await complete(ticket)).json());
    await endOf(service, accepted);
    const image = await imageOf(service, accepted);
    for (const { url, bytes: size, format } of image.variants) {
      const answer = await service.fetch(url, { redirect: 'manual' });
      expect(answer.status).toBe(302);
      expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
      const location = answer.headers.get('location') ?? '';
      expect(new URL(location).origin).toBe(outside.endpoint);
      const file = await fetch(location);
      expect(file.headers.get('content-type')).toBe(`image/${format}`);
      expect(file.headers.get('cache-control')).toContain('immutable');
      expect((await file.arrayBuffer()).byteLength).toBe(size);
      expect((await service.fetch(url, { method: 'HEAD' })).headers.get('content-length')).toBe(String(size));
    }
    const answer = await service.fetch(`${accepted.links.self}/original`, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([302, 'private, no-store']);
    const original = await fetch(answer.headers.get('location') ?? '');
    expect(original.headers.get('content-disposition')).toBe(`attachment; filename="${accepted.id}.jpg"`);
    expect(Buffer.from(await original.arrayBuffer()).equals(bytes)).toBe(true);
  });
});

test('without a bucket there is no ticket for one', async () => {
  await using service = await startService({ env: { N_WORKERS: '1' } });
  const answer = await service.fetch('/tickets', {
    method: 'POST',
    body: JSON.stringify({ direct: { bytes: 10, contentType: 'image/png' } }),
  });
  await expectProblem(answer, 'bad_parameter');
});
