import type { Kysely } from 'kysely';
import type { EndpointId } from '../../domain/webhook.ts';
import type { Tables } from '../schema/tables.ts';
import { WebhookEndpointRow, WebhookMessageRow } from '../schema/webhook-tables.ts';
import {
  type DeliveriesAsked,
  type Delivery,
  type DeliveryCursor,
  type DeliveryPage,
  EndpointState,
  type ReplayedPage,
  type ReplayOrder,
} from './records.ts';

/** Of those that have been told something, or are to be. */
export async function webhookStates(db: Kysely<Tables>): Promise<EndpointState[]> {
  const rows = await db.selectFrom('webhook_endpoints').selectAll().execute();
  const known = new Map(rows.map((row) => [row.id, WebhookEndpointRow.parse(row)]));
  const counts = await db
    .selectFrom('webhook_messages')
    .select(({ fn }) => ['endpoint', fn.countAll<number>().as('waiting'), fn.min('queued_at').as('oldestAt')])
    .where('status', '=', 'waiting')
    .groupBy('endpoint')
    .execute();
  const waiting = new Map(counts.map(({ endpoint, ...count }) => [endpoint, count]));
  return [...new Set([...known.keys(), ...waiting.keys()])].sort().map((id) => {
    const row = known.get(id);
    return EndpointState.parse({
      id,
      disabled: row?.disabled_at ? { at: row.disabled_at, why: row.disabled_why ?? '' } : null,
      succeededAt: row?.succeeded_at ?? null,
      failed: row?.failed_at ? { at: row.failed_at, why: row.failure ?? '' } : null,
      ...(waiting.get(id) ?? { waiting: 0, oldestAt: null }),
    });
  });
}

/** What waits for it goes on. @returns false: it was not disabled */
export async function enableWebhook(db: Kysely<Tables>, { id }: { id: EndpointId }): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('webhook_endpoints')
    .set({ disabled_at: null, disabled_why: null })
    .where('id', '=', id)
    .where('disabled_at', 'is not', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function listDeliveries(
  db: Kysely<Tables>,
  { endpoint, status, after, limit }: DeliveriesAsked,
): Promise<DeliveryPage> {
  let select = db
    .selectFrom('webhook_messages')
    .selectAll()
    .where('endpoint', '=', endpoint)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc');
  if (status) select = select.where('status', '=', status);
  if (after)
    select = select.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('created_at', 'id'), '<', tuple(after.createdAt, after.id)),
    );
  const rows = await select.limit(limit + 1).execute();
  const deliveries = rows.slice(0, limit).map((row) => toDelivery(WebhookMessageRow.parse(row)));
  return { deliveries, next: nextOf(deliveries.at(-1), rows.length > limit) };
}

const nextOf = (last: DeliveryCursor | undefined, isMore: boolean): DeliveryCursor | null =>
  isMore && last ? { createdAt: last.createdAt, id: last.id } : null;

const toDelivery = (row: WebhookMessageRow): Delivery => ({
  id: row.id,
  event: row.event,
  imageId: row.image_id,
  status: row.status,
  tries: row.tries,
  createdAt: row.created_at,
  queuedAt: row.queued_at,
  dueAt: row.due_at,
  triedAt: row.tried_at,
  failure: row.failure,
});

export async function replayWebhooks(
  db: Kysely<Tables>,
  { endpoint, since, event, status, after, limit, at }: ReplayOrder,
): Promise<ReplayedPage> {
  let select = db
    .selectFrom('webhook_messages')
    .select(['id', 'created_at'])
    .where('endpoint', '=', endpoint)
    .where('created_at', '>=', since)
    // Who is at it tells it now.
    .where(({ eb, or }) => or([eb('status', '!=', 'waiting'), eb('lease', 'is', null)]))
    .orderBy('created_at')
    .orderBy('id');
  if (event) select = select.where('event', '=', event);
  if (status) select = select.where('status', '=', status);
  if (after)
    select = select.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('created_at', 'id'), '>', tuple(after.createdAt, after.id)),
    );
  const rows = (await select.limit(limit + 1).execute()).map((row) => Place.parse(row));
  const page = rows.slice(0, limit);
  if (page.length > 0)
    await db
      .updateTable('webhook_messages')
      .set({ status: 'waiting', queued_at: at, due_at: at, tries: 0, failure: null, lease: null })
      .where(
        'id',
        'in',
        page.map(({ id }) => id),
      )
      .execute();
  const last = page.at(-1);
  return {
    queued: page.length,
    next: nextOf(last && { createdAt: last.created_at, id: last.id }, rows.length > limit),
  };
}

const Place = WebhookMessageRow.pick({ id: true, created_at: true });
