import { Hono } from 'hono';
import { z } from 'zod';
import {
  DELIVERY_STATUSES,
  DeliveryStatus,
  WEBHOOK_EVENTS,
  WebhookEvent,
} from '../../shared/domain/webhook.ts';
import { DeliveryPage, ReplayPage, WebhookEndpointAnswer, WebhookEndpoints } from '../contract/answers.ts';
import { documents, type Operation, query } from '../contract/operation.ts';
import { draining } from '../intake/no-room.ts';
import { enableEndpoint, knownEndpoint, reportEndpoints } from '../operations/webhooks.ts';
import { cursorOf, cursorText, Limit, Moment, TAKES_MOMENT } from '../page.ts';
import type { AppEnv, Parts } from './context.ts';
import { needs } from './needs.ts';
import { describeDelivery, describeEndpoint } from './webhook-representations.ts';

const Cursor = cursorOf(z.object({ createdAt: z.int(), id: z.uuid() })).optional();

const DeliveriesQuery = z.object({ status: DeliveryStatus.optional(), cursor: Cursor, limit: Limit });
const ReplayQuery = z.object({
  since: Moment.describe('What came about then or later'),
  event: WebhookEvent.optional(),
  status: DeliveryStatus.optional().describe('Such as `given_up`; by default all'),
  cursor: Cursor,
  limit: Limit,
});
const TAKES = {
  since: TAKES_MOMENT,
  event: WEBHOOK_EVENTS.join(', '),
  status: DELIVERY_STATUSES.join(', '),
};

const LIST: Operation = {
  id: 'listWebhooks',
  summary: 'The endpoints that are told what becomes of images, and how they fare',
  answers: { 200: { description: 'All that WEBHOOKS_FILE names', body: WebhookEndpoints } },
  problems: [],
};

const DELIVERIES: Operation = {
  id: 'listDeliveries',
  summary: 'What an endpoint was told and is to be told, from the newest to the oldest',
  answers: { 200: { description: 'A page', body: DeliveryPage } },
  problems: ['bad_parameter', 'not_found'],
};

const REPLAY: Operation = {
  id: 'replayWebhooks',
  summary: 'Tells an endpoint again what came about since a time, page by page',
  description:
    'What was told or given up waits again, with the same `webhook-id`, and what waits for another try is due at once. It is kept for ' +
    'seven days.',
  answers: { 202: { description: 'How much of it waits', body: ReplayPage } },
  problems: ['bad_parameter', 'not_found', 'draining'],
};

const ENABLE: Operation = {
  id: 'enableWebhook',
  summary: 'Goes on with an endpoint that was disabled, and with what waits for it',
  answers: { 200: { description: 'As it is now', body: WebhookEndpointAnswer } },
  problems: ['not_found'],
};

export function webhookRoutes({ store, endpoints, isClosing }: Parts) {
  return new Hono<AppEnv>()
    .get('/webhooks', needs('admin'), documents(LIST), async (c) => {
      const reports = await reportEndpoints(endpoints(), store);
      c.header('cache-control', 'no-store');
      return c.json({ endpoints: reports.map(describeEndpoint) });
    })
    .get(
      '/webhooks/:endpoint/deliveries',
      needs('admin'),
      documents(DELIVERIES),
      query(DeliveriesQuery, TAKES),
      async (c) => {
        const { id } = knownEndpoint(endpoints(), c.req.param('endpoint'));
        const { status, cursor: after, limit } = c.req.valid('query');
        const page = await store.listDeliveries({ endpoint: id, status, after, limit });
        c.header('cache-control', 'no-store');
        return c.json({ deliveries: page.deliveries.map(describeDelivery), next: cursorText(page.next) });
      },
    )
    .post(
      '/webhooks/:endpoint/replay',
      needs('admin'),
      documents(REPLAY),
      query(ReplayQuery, TAKES),
      async (c) => {
        if (isClosing()) throw draining();
        const { id } = knownEndpoint(endpoints(), c.req.param('endpoint'));
        const { cursor: after, ...asked } = c.req.valid('query');
        const page = await store.replayWebhooks({ endpoint: id, ...asked, after, at: Date.now() });
        c.header('cache-control', 'no-store');
        return c.json({ queued: page.queued, next: cursorText(page.next) }, 202);
      },
    )
    .post('/webhooks/:endpoint/enable', needs('admin'), documents(ENABLE), async (c) => {
      const report = await enableEndpoint(knownEndpoint(endpoints(), c.req.param('endpoint')), store);
      c.header('cache-control', 'no-store');
      return c.json(describeEndpoint(report));
    });
}
