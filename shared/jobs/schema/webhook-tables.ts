import { z } from 'zod';
import { ImageId, Tenant } from '../../domain/ids.ts';
import { DeliveryStatus, EndpointId, WebhookEvent } from '../../domain/webhook.ts';

/** What an endpoint is to be told of an image, and what has become of that: written with the change itself. */
export const WebhookMessageRow = z.object({
  /** The `webhook-id`, the same at every try. */
  id: z.uuidv4(),
  endpoint: EndpointId,
  event: WebhookEvent,
  tenant: Tenant,
  image_id: ImageId,
  /** From 1 on: the order in which the endpoint is told of this image. */
  number: z.int(),
  /** JSON, as it is sent but for the metadata. */
  body: z.string(),
  /** JSON; null: the client has sent none, or the image has been deleted. */
  metadata: z.string().nullable(),
  status: DeliveryStatus,
  /** In milliseconds since 1970, like all that follow. */
  created_at: z.int(),
  /** That, or when somebody has had it told again: its time runs from then on. */
  queued_at: z.int(),
  /** Not before: after a try that has failed, and while somebody is at it. */
  due_at: z.int(),
  /** Since it was queued. */
  tries: z.int(),
  /** Of who is at it: the fence. */
  lease: z.string().nullable(),
  tried_at: z.int().nullable(),
  /** Why the last try has failed. */
  failure: z.string().nullable(),
});
export type WebhookMessageRow = z.output<typeof WebhookMessageRow>;

/** How an endpoint fares. */
export const WebhookEndpointRow = z.object({
  id: EndpointId,
  /** Null: it is not. */
  disabled_at: z.int().nullable(),
  disabled_why: z.string().nullable(),
  succeeded_at: z.int().nullable(),
  failed_at: z.int().nullable(),
  failure: z.string().nullable(),
});
export type WebhookEndpointRow = z.output<typeof WebhookEndpointRow>;

/** As the driver binds them. */
export interface WebhookTables {
  webhook_messages: z.input<typeof WebhookMessageRow>;
  webhook_endpoints: z.input<typeof WebhookEndpointRow>;
}
