import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Endpoint } from '../../../server/webhooks/endpoints.ts';
import { tell } from '../../../server/webhooks/tell.ts';
import { newImageId } from '../../../shared/domain/ids.ts';
import { EndpointId, WEBHOOK_EVENTS } from '../../../shared/domain/webhook.ts';
import { WebhookReceiver } from '../../helpers/webhook-receiver.ts';

let receiver: WebhookReceiver;
beforeAll(async () => {
  receiver = await WebhookReceiver.listen();
});
afterAll(() => receiver[Symbol.asyncDispose]());

const told = (change: Partial<Endpoint> = {}, tries = 1, signal = new AbortController().signal) =>
  tell(
    {
      id: EndpointId.parse('shop'),
      url: new URL(receiver.url),
      tenant: null,
      events: [...WEBHOOK_EVENTS],
      secrets: [Buffer.alloc(32), Buffer.from(receiver.secret.slice(6), 'base64')],
      allowPrivate: true,
      ...change,
    },
    {
      id: randomUUID(),
      endpoint: EndpointId.parse('shop'),
      event: 'image.ready',
      imageId: newImageId(),
      body: '{"type": "image.ready"}',
      tries,
      lease: '',
    },
    signal,
  );

const answerWith = (status: number, headers: Record<string, string> = {}) => {
  receiver.answering = (_, answer) => answer.writeHead(status, headers).end('x'.repeat(200_000));
};

test.for([200, 201, 204, 299])('%d takes it, whatever else the answer says', async (status) => {
  answerWith(status);
  expect(await told()).toEqual({ end: { outcome: 'delivered' }, restMs: 0 });
  expect(receiver.received.at(-1)).toMatchObject({ body: '{"type": "image.ready"}', isSigned: true });
});

test.for([301, 307, 400, 404, 500, 502])('%d does not', async (status) => {
  answerWith(status, { location: receiver.at('/elsewhere'), 'retry-after': '9000' });
  const { end, restMs } = await told();
  expect(end).toMatchObject({ outcome: 'failed', why: `it answered with ${status}` });
  expect(restMs).toBe(0);
  const { inMs } = end as { inMs: number };
  expect(inMs).toBeGreaterThanOrEqual(2_500);
  expect(inMs).toBeLessThanOrEqual(5_000);
  expect(receiver.received.some(({ path }) => path === '/elsewhere')).toBe(false);
});

test('410 wants nothing any more', async () => {
  answerWith(410);
  expect(await told()).toEqual({ end: { outcome: 'gone', why: 'it answered with 410' }, restMs: 0 });
});

test.for<[number, string, number]>([
  [429, '60', 60_000],
  [503, '60', 60_000],
  [429, '999999999', 4 * 3600_000],
])('%d is left alone until Retry-After: %s', async ([status, retryAfter, ms]) => {
  answerWith(status, { 'retry-after': retryAfter });
  const { end, restMs } = await told();
  expect(restMs).toBe(ms);
  expect(end).toMatchObject({ outcome: 'failed', inMs: ms });
});

test('no try waits for more than four hours', async () => {
  answerWith(500);
  const { end } = await told({}, 40);
  const { inMs } = end as { inMs: number };
  expect(inMs).toBeGreaterThanOrEqual(2 * 3600_000);
  expect(inMs).toBeLessThanOrEqual(4 * 3600_000);
});

test('who is not there, or within the network, is told nothing, and the address is in no reason', async () => {
  const nobody = await told({ url: new URL('http://127.0.0.1:9/') });
  expect(nobody.end).toMatchObject({ outcome: 'failed', why: 'it is out of reach' });
  const before = receiver.connections;
  const inside = await told({ allowPrivate: false });
  expect(inside.end).toMatchObject({ outcome: 'failed', why: 'its address is private' });
  const noName = await told({ url: new URL('http://nobody.invalid/') });
  expect(noName.end).toMatchObject({ outcome: 'failed', why: 'it is out of reach' });
  expect(receiver.connections).toBe(before);
});

test('a try that we end ourselves has not failed', async () => {
  const ours = new AbortController();
  receiver.answering = () => ours.abort();
  expect(await told({}, 1, ours.signal)).toEqual({ end: { outcome: 'interrupted' }, restMs: 0 });
});
