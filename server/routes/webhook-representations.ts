import type { z } from 'zod';
import type { Delivery } from '../../shared/jobs/webhooks/records.ts';
import type { DeliveryAnswer, WebhookEndpointAnswer } from '../contract/operator-answers.ts';
import type { EndpointReport } from '../operations/webhooks.ts';
import { time } from './representations.ts';

const timeOf = (ms: number | null): string | null => (ms === null ? null : time(ms));

export function describeEndpoint({
  endpoint,
  state,
}: EndpointReport): z.output<typeof WebhookEndpointAnswer> {
  const { id, url, tenant, events } = endpoint;
  const { disabled, succeededAt, failed, waiting, oldestAt } = state;
  return {
    id,
    origin: url.origin,
    tenant,
    events,
    disabled: disabled && { ...disabled, at: time(disabled.at) },
    succeededAt: timeOf(succeededAt),
    failed: failed && { ...failed, at: time(failed.at) },
    waiting,
    oldestSeconds: oldestAt === null ? null : Math.max(0, Math.floor((Date.now() - oldestAt) / 1000)),
    links: { deliveries: `/webhooks/${id}/deliveries` },
  };
}

export const describeDelivery = (delivery: Delivery): z.output<typeof DeliveryAnswer> => ({
  id: delivery.id,
  event: delivery.event,
  status: delivery.status,
  tries: delivery.tries,
  createdAt: time(delivery.createdAt),
  queuedAt: time(delivery.queuedAt),
  triedAt: timeOf(delivery.triedAt),
  dueAt: delivery.status === 'waiting' ? time(delivery.dueAt) : null,
  failure: delivery.failure,
  links: { image: `/images/${delivery.imageId}` },
});
