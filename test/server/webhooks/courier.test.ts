import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { Courier, type Tell } from '../../../server/webhooks/courier.ts';
import type { Endpoint } from '../../../server/webhooks/endpoints.ts';
import { newImageId } from '../../../shared/domain/ids.ts';
import { EndpointId, WEBHOOK_EVENTS } from '../../../shared/domain/webhook.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import type { SettledTry, WebhookMessage, WebhooksAsked } from '../../../shared/jobs/webhooks/records.ts';
import { eventually } from '../../helpers/eventually.ts';
import { recordingLog } from '../../helpers/recording-log.ts';

const endpoint = (id: string): Endpoint => ({
  id: EndpointId.parse(id),
  url: new URL(`https://${id}.example`),
  tenant: null,
  events: [...WEBHOOK_EVENTS],
  secrets: [Buffer.alloc(32)],
  allowPrivate: false,
});
const ENDPOINTS = [endpoint('slow'), endpoint('quick')];

const messageTo = ({ id }: Endpoint): WebhookMessage => ({
  id: randomUUID(),
  endpoint: id,
  event: 'image.ready',
  imageId: newImageId(),
  body: '{}',
  tries: 1,
  lease: '',
});

/** A store that lends these once, as many as are asked for, and notes what becomes of them. */
function outboxOf(messages: WebhookMessage[]) {
  const settled: SettledTry[] = [];
  const store = {
    borrowWebhooks: async ({ endpoints, lease }: WebhooksAsked) =>
      endpoints.flatMap(({ id, limit }) => {
        const some = messages.filter((it) => it.endpoint === id).slice(0, limit);
        for (const it of some) messages.splice(messages.indexOf(it), 1);
        return some.map((it) => ({ ...it, lease }));
      }),
    settleWebhook: async (end: SettledTry) => {
      settled.push(end);
      return end.end.outcome === 'delivered' ? 'delivered' : 'waiting';
    },
    sweepWebhooks: async () => ({ givenUp: 0, forgotten: 0 }),
  };
  return { store: store as unknown as JobStore, settled };
}

const DELIVERED = { end: { outcome: 'delivered' }, restMs: 0 } as const;

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));

test('an endpoint that hangs has four at once and holds up no other; the end of the service gives them back', async () => {
  const [slow, quick] = ENDPOINTS as [Endpoint, Endpoint];
  const messages = [slow, quick].flatMap((it) => Array.from({ length: 9 }, () => messageTo(it)));
  const { store, settled } = outboxOf(messages);
  let hanging = 0;
  const tell: Tell = async ({ id }, _, signal) => {
    if (id === quick.id) return DELIVERED;
    hanging++;
    await untilAborted(signal);
    return { end: { outcome: 'interrupted' }, restMs: 0 };
  };
  const courier = new Courier(store, () => ENDPOINTS, tell, recordingLog().log);
  courier.start();
  await eventually('all of the quick one', () => settled.length === 9);
  expect(settled.every(({ end }) => end.outcome === 'delivered')).toBe(true);
  expect(hanging).toBe(4);
  await courier.stop();
  expect(settled.slice(9).map(({ end }) => end.outcome)).toEqual(Array(4).fill('interrupted'));
});

test('an endpoint that wants to be left alone is, and the others go on', async () => {
  const [slow, quick] = ENDPOINTS as [Endpoint, Endpoint];
  const messages = Array.from({ length: 9 }, () => messageTo(slow));
  const { store, settled } = outboxOf(messages);
  const tell: Tell = async ({ id }) =>
    id === quick.id
      ? DELIVERED
      : { end: { outcome: 'failed', why: 'it answered with 429', inMs: 60_000 }, restMs: 60_000 };
  const courier = new Courier(store, () => ENDPOINTS, tell, recordingLog().log);
  courier.start();
  await eventually('four that were under way', () => settled.length === 4);
  messages.push(messageTo(quick));
  await eventually('the other one', () => settled.length === 5);
  await courier.stop();
  expect(messages).toHaveLength(5);
});
