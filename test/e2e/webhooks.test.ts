import { symlink, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { imagePath } from '../../testdata/expected.ts';
import { writeApiKeys } from '../helpers/api-keys.ts';
import { eventually } from '../helpers/eventually.ts';
import { freePort } from '../helpers/free-port.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { importFromReadme } from '../helpers/readme-code.ts';
import { dataFolder, type RunningService, startService } from '../helpers/service.ts';
import { Accepted, newPicture } from '../helpers/upload.ts';
import { CERTIFICATE, WebhookReceiver } from '../helpers/webhook-receiver.ts';
import { endpointOf, eventOf, writeWebhooks } from '../helpers/webhooks-file.ts';

const NEW_SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));

const Deliveries = z.object({
  deliveries: z.array(
    z.looseObject({ id: z.string(), event: z.string(), status: z.string(), failure: z.string().nullable() }),
  ),
  next: z.string().nullable(),
});

let receiver: WebhookReceiver;
let secure: WebhookReceiver;
let service: RunningService;
let folder: string;
let as: Record<'shop' | 'operator', { authorization: string }>;

const privately = (id: string, url: string, more: object = {}) => ({
  id,
  url,
  secrets: [NEW_SECRET, receiver.secret],
  allowPrivate: true,
  ...more,
});
const endpoints = () => [
  privately('plain', receiver.at('/plain')),
  privately('ready-only', receiver.at('/ready-only?token=hush'), { events: ['image.ready'], tenant: 'shop' }),
  privately('of-another', receiver.at('/of-another'), { tenant: 'another' }),
  privately('tls', secure.at('/tls', 'localhost')),
  // The certificate is of the name alone.
  privately('other-name', secure.at('/other-name')),
  { ...privately('inside', secure.at('/inside', 'localhost')), allowPrivate: false },
  { ...privately('mapped', secure.at('/mapped', '[::ffff:127.0.0.1]')), allowPrivate: false },
];

beforeAll(async () => {
  receiver = await WebhookReceiver.listen();
  secure = await WebhookReceiver.listen({ isSecure: true });
  folder = await dataFolder();
  const keys = join(folder, 'keys.json');
  as = await writeApiKeys(keys, {
    shop: { scopes: ['upload', 'read'], tenant: 'shop' },
    operator: { scopes: ['admin'], tenant: 'shop' },
  });
  const WEBHOOKS_FILE = await writeWebhooks(folder, endpoints());
  service = await startService({
    folder,
    env: { API_KEYS_FILE: keys, WEBHOOKS_FILE, NODE_EXTRA_CA_CERTS: CERTIFICATE },
  });
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
  await secure[Symbol.asyncDispose]();
});

async function send(picture: Uint8Array<ArrayBuffer>): Promise<Accepted> {
  const form = new FormData();
  form.set('metadata', JSON.stringify({ order: '1234' }));
  form.set('image', new Blob([picture]), 'photo');
  const headers = { ...as.shop, prefer: 'wait=60' };
  const answer = await service.fetch('/upload', { method: 'POST', body: form, headers });
  return Accepted.parse(await answer.json());
}

const told = (path: string, { id }: Pick<Accepted, 'id'>, of = receiver) =>
  of.received.filter((it) => it.path === path && eventOf(it).data.imageId === id);
const toldOnce = (path: string, image: Accepted, of = receiver) =>
  eventually(`${path} is told`, () => told(path, image, of)[0]);
const admin = (path: string, method = 'GET') => service.fetch(path, { method, headers: as.operator });
const endpoint = (id: string) => endpointOf(service, id, as.operator);
const deliveriesOf = async (id: string, query = '') =>
  Deliveries.parse(await (await admin(`/webhooks/${id}/deliveries${query}`)).json());

test('an image is told when it is ready, has failed, and is gone, to whom it concerns, signed by any secret', async () => {
  const image = await send(await newPicture(imagePath('tiny_1x1.png')));
  const ready = await toldOnce('/plain', image);
  expect(ready.isSigned).toBe(true);
  expect(eventOf(ready)).toMatchObject({
    type: 'image.ready',
    data: {
      imageId: image.id,
      tenant: 'shop',
      reason: 'uploaded',
      metadata: { order: '1234' },
      links: image.links,
    },
  });
  const { data } = eventOf(ready);
  const url = 'variants' in data ? data.variants[0]?.url : undefined;
  expect((await service.fetch(url ?? '/')).status).toBe(200);
  await toldOnce('/ready-only', image);

  const again = await send(await newPicture(imagePath('truncated.heic')));
  const failed = eventOf(await toldOnce('/plain', again));
  expect(failed).toMatchObject({ type: 'image.failed', data: { failure: 'image_unreadable' } });

  await service.fetch(image.links.self, { method: 'DELETE', headers: as.shop });
  await eventually('the end is told', () => told('/plain', image)[2]);
  const [, changed, deleted] = told('/plain', image).map(eventOf);
  expect(changed).toMatchObject({ type: 'image.changed', data: { imageId: image.id, reason: 'deleted' } });
  expect(changed?.data).toHaveProperty('urls', expect.arrayContaining([url, `/images/${image.id}/thumb`]));
  expect(deleted).toMatchObject({ type: 'image.deleted', data: { imageId: image.id, reason: 'deleted' } });
  expect(told('/ready-only', image)).toHaveLength(1);
  expect(receiver.received.some(({ path }) => path === '/of-another')).toBe(false);
});

test('by TLS the certificate has to be of the name, whatever address was connected to', async () => {
  const image = await send(await newPicture(imagePath('tiny_1x1.png')));
  expect((await toldOnce('/tls', image, secure)).isSigned).toBe(true);
  await eventually('the other name is refused', async () => (await endpoint('other-name')).failed);
  expect(secure.received.some(({ path }) => path === '/other-name')).toBe(false);
});

test('nothing goes to a private address, by whatever name', async () => {
  for (const id of ['inside', 'mapped']) {
    const { failed } = await eventually('it is refused', async () => {
      const report = await endpoint(id);
      return report.failed && report;
    });
    expect(failed?.why).toBe('its address is private');
    expect(secure.received.some(({ path }) => path === `/${id}`)).toBe(false);
  }
});

test('an operator sees what was told, and has it told again, but no secret', async () => {
  const image = await send(await newPicture(imagePath('tiny_1x1.png')));
  const first = await toldOnce('/ready-only', image);
  const { deliveries, next } = await eventually('it is known', async () => {
    const page = await deliveriesOf('ready-only', '?limit=1&status=delivered');
    return page.deliveries[0]?.id === first.id && page;
  });
  expect(deliveries).toEqual([expect.objectContaining({ event: 'image.ready', failure: null })]);
  expect((await deliveriesOf('ready-only', `?limit=1&cursor=${next}`)).deliveries[0]?.id).not.toBe(first.id);
  const report = await (await admin('/webhooks')).text();
  expect(report).not.toMatch(/whsec|hush|AQEBAQ/);

  const replay = await admin('/webhooks/ready-only/replay?since=2026-01-01&event=image.ready', 'POST');
  expect(replay.status).toBe(202);
  await eventually('it is told again', () => told('/ready-only', image).length === 2);
  const [one, other] = told('/ready-only', image);
  expect(other).toEqual(one);
  expect((await admin('/webhooks/ready-only/enable', 'POST')).status).toBe(200);
  await expectProblem(await service.fetch('/webhooks', { headers: as.shop }), 'not_allowed');
});

test('the file is read again at SIGHUP, and what is shown in the README takes what comes', async () => {
  await symlink(MODULES, join(folder, 'node_modules'));
  const taken: unknown[] = [];
  type Receiver = (secret: string, take: (id: string, event: unknown) => Promise<void>) => Server;
  const webhookServer = await importFromReadme<Receiver>('webhookServer', folder);
  const server = webhookServer(NEW_SECRET, async (_, event) => void taken.push(event));
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const from = service.lines.length;
  await writeWebhooks(folder, [...endpoints(), privately('later', `http://127.0.0.1:${port}/`)]);
  service.process.kill('SIGHUP');
  await service.logged('webhook endpoints read again', from);
  const { id } = await send(await newPicture(imagePath('tiny_1x1.png')));
  await eventually('it is taken', () => taken.length > 0);
  expect(taken).toEqual([
    expect.objectContaining({ type: 'image.ready', data: expect.objectContaining({ imageId: id }) }),
  ]);
  const forged = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: '{}' });
  expect(forged.status).toBe(400);
  server.close();

  await writeFile(join(folder, 'webhooks.json'), '{');
  service.process.kill('SIGHUP');
  await service.logged('webhook endpoints stay as they were', from);
  expect(await endpoint('later')).toMatchObject({ waiting: expect.any(Number) });
});
