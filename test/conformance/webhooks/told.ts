import { expect } from 'vitest';
import { newRunId, Tenant } from '../../../shared/domain/ids.ts';
import {
  EndpointId,
  type Subscription,
  WEBHOOK_EVENTS,
  WebhookBody,
} from '../../../shared/domain/webhook.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import { KEPT_MS, type TryEnd, type WebhookMessage } from '../../../shared/jobs/webhooks/records.ts';
import { newStart, newUpload, succeeded } from '../../helpers/job-records.ts';
import type { OpenedJobStore } from '../opened-job-store.ts';

export type Open = (webhooks: () => readonly Subscription[]) => Promise<OpenedJobStore>;

export const SHOP = Tenant.parse('shop');
export const OTHER = Tenant.parse('other');
export const ALL = EndpointId.parse('all');
export const OF_SHOP = EndpointId.parse('of-shop');
export const ENDPOINTS: Subscription[] = [
  { id: ALL, tenant: null, events: WEBHOOK_EVENTS.filter((event) => event !== 'image.changed') },
  { id: OF_SHOP, tenant: SHOP, events: ['image.ready', 'image.deleted'] },
];
/** After all that the tests do. */
export const LATER = 100_000;

/** Images whose endpoints are to be told of them, and what these endpoints are told. */
export function told(store: () => JobStore) {
  async function accepted(given: Parameters<typeof newUpload>[0] = {}) {
    const upload = newUpload({ ...given, image: { tenant: SHOP, ...given.image } });
    const job = await store().acceptUpload(upload);
    if (typeof job === 'string') throw new Error(job);
    return { ...upload, job };
  }

  async function ended(end = succeeded, given = {}) {
    const upload = await accepted(given);
    const start = newStart(upload.job);
    await store().startRun(start);
    await store().finishRun(end(start));
    return upload;
  }

  const borrow = (at = LATER, { endpoint = ALL, limit = 50 } = {}) =>
    store().borrowWebhooks({ endpoints: [{ id: endpoint, limit }], at, leaseMs: 1_000, lease: newRunId() });
  const settle = ({ id, lease }: WebhookMessage, end: TryEnd, at = LATER) =>
    store().settleWebhook({ id, lease, at, end });
  const bodyOf = ({ body }: WebhookMessage) => WebhookBody.parse(JSON.parse(body));
  const eventsOf = (messages: WebhookMessage[]) => messages.map(({ event }) => event).toSorted();
  const one = (messages: WebhookMessage[]) => {
    expect(messages).toHaveLength(1);
    return messages[0] as WebhookMessage;
  };

  async function forget(): Promise<void> {
    for (const id of [ALL, OF_SHOP]) await store().enableWebhook(id);
    await store().sweepWebhooks(LATER + 10 * KEPT_MS);
    await store().sweepWebhooks(LATER + 10 * KEPT_MS);
  }

  return { accepted, ended, borrow, settle, bodyOf, eventsOf, one, forget };
}
