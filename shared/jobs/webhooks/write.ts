import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { ImageId, Tenant } from '../../domain/ids.ts';
import type { Subscription, WebhookBody, WebhookEvent } from '../../domain/webhook.ts';
import { VALUES_PER_STATEMENT } from '../among.ts';
import type { Tables } from '../schema/tables.ts';

/** What is told of an image. */
export interface Told {
  image: ImageId;
  tenant: Tenant;
  body: WebhookBody;
  /** JSON, that the client has sent. */
  metadata: string | null;
}

const wants = ({ tenant, events }: Subscription, event: WebhookEvent, of: Tenant): boolean =>
  (tenant === null || tenant === of) && events.includes(event);

/**
 * What endpoints are told is written with the transaction of what it is about; each has its own, in the order of each image.
 * @param told of each image once
 */
export async function write(
  db: Kysely<Tables>,
  told: readonly Told[],
  endpoints: readonly Subscription[],
  at: number,
): Promise<void> {
  const messages = told.flatMap((it) =>
    endpoints.filter((endpoint) => wants(endpoint, it.body.type, it.tenant)).map(({ id }) => ({ it, id })),
  );
  if (messages.length === 0) return;
  const before = await earlierOf(db, [...new Set(messages.map(({ it }) => it.image))]);
  const rows = messages.map(({ it: { image, tenant, body, metadata }, id }) => {
    const earlier = before.find((row) => row.image_id === image && row.endpoint === id);
    return {
      id: randomUUID(),
      endpoint: id,
      event: body.type,
      tenant,
      image_id: image,
      number: Number(earlier?.number ?? 0) + 1,
      body: JSON.stringify(body),
      metadata,
      status: 'waiting' as const,
      created_at: at,
      queued_at: at,
      // It comes after what waits for another try, so it need not be looked at before.
      due_at: Math.max(at, Number(earlier?.due_at ?? 0)),
      tries: 0,
      lease: null,
      tried_at: null,
      failure: null,
    };
  });
  const together = Math.floor(VALUES_PER_STATEMENT / Object.keys(rows[0] ?? {}).length);
  for (let from = 0; from < rows.length; from += together)
    await db
      .insertInto('webhook_messages')
      .values(rows.slice(from, from + together))
      .execute();
}

/** The last of what each endpoint was told of these images, and when what waits of it for another try is due. */
const earlierOf = (db: Kysely<Tables>, images: readonly ImageId[]) =>
  db
    .selectFrom('webhook_messages')
    .select(({ fn }) => [
      'image_id',
      'endpoint',
      fn.max<number>('number').as('number'),
      fn
        .max<number | null>('due_at')
        .filterWhere('status', '=', 'waiting')
        .filterWhere('lease', 'is', null)
        .as('due_at'),
    ])
    .where('image_id', 'in', images)
    .groupBy(['image_id', 'endpoint'])
    .execute();
