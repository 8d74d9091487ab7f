import { z } from 'zod';
import type { ImageId } from '../../domain/ids.ts';
import { type DeliveryStatus, EndpointId, type WebhookEvent } from '../../domain/webhook.ts';

/** What could not be told for so long is given up: three days, as Standard Webhooks suggests. */
export const TOLD_WITHIN_MS = 3 * 24 * 3600_000;

/** What is told or given up is kept for so long since it was queued, so that it can be told again. */
export const KEPT_MS = 7 * 24 * 3600_000;

/** Something to be told to an endpoint, lent to who tells it for a while. */
export interface WebhookMessage {
  id: string;
  endpoint: EndpointId;
  event: WebhookEvent;
  imageId: ImageId;
  /** JSON, as it is sent. */
  body: string;
  /** Since it was queued; this one counted. */
  tries: number;
  lease: string;
}

export interface WebhooksAsked {
  /** Of each endpoint so many at the most. */
  endpoints: { id: EndpointId; limit: number }[];
  at: number;
  /** For so long nobody else gets them, in milliseconds. */
  leaseMs: number;
  /** By which who has borrowed them says what became of them. */
  lease: string;
}

/**
 * What became of a try.
 * - `failed`: it is tried again after so many milliseconds, unless its time is over
 * - `gone`: the endpoint wants nothing any more; it is disabled, and this waits with the rest
 * - `interrupted`: by us; it is tried again at once, and counts for nothing
 */
export type TryEnd =
  | { outcome: 'delivered' }
  | { outcome: 'failed'; why: string; inMs: number }
  | { outcome: 'gone'; why: string }
  | { outcome: 'interrupted' };

export interface SettledTry extends Pick<WebhookMessage, 'id' | 'lease'> {
  at: number;
  end: TryEnd;
}

/** How an endpoint fares. Times are in milliseconds since 1970. */
export const EndpointState = z.object({
  id: EndpointId,
  disabled: z.object({ at: z.int(), why: z.string() }).nullable(),
  succeededAt: z.int().nullable(),
  failed: z.object({ at: z.int(), why: z.string() }).nullable(),
  waiting: z.int().min(0),
  /** When the one was queued that has waited longest; null: none waits. */
  oldestAt: z.int().nullable(),
});
export type EndpointState = z.infer<typeof EndpointState>;

/** Something that an endpoint was told, or is to be told. */
export interface Delivery extends Pick<WebhookMessage, 'id' | 'event' | 'imageId' | 'tries'> {
  status: DeliveryStatus;
  createdAt: number;
  queuedAt: number;
  /** Of one that waits: not before. */
  dueAt: number;
  triedAt: number | null;
  failure: string | null;
}

export interface DeliveryCursor {
  createdAt: number;
  id: string;
}

/** From the newest to the oldest. */
export interface DeliveriesAsked {
  endpoint: EndpointId;
  status?: DeliveryStatus | undefined;
  after?: DeliveryCursor | undefined;
  limit: number;
}

export interface DeliveryPage {
  deliveries: Delivery[];
  next: DeliveryCursor | null;
}

/** Has a page of what came about since then told again, from the oldest on; what waits for another try is due at once. */
export interface ReplayOrder {
  endpoint: EndpointId;
  since: number;
  event?: WebhookEvent | undefined;
  status?: DeliveryStatus | undefined;
  after?: DeliveryCursor | undefined;
  limit: number;
  at: number;
}

export interface ReplayedPage {
  queued: number;
  next: DeliveryCursor | null;
}
