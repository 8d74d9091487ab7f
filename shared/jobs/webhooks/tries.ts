import type { Kysely } from 'kysely';
import { z } from 'zod';
import { Metadata } from '../../domain/image.ts';
import type { EndpointId } from '../../domain/webhook.ts';
import { WebhookBody } from '../../domain/webhook.ts';
import { all } from '../all.ts';
import type { Tables } from '../schema/tables.ts';
import { WebhookMessageRow } from '../schema/webhook-tables.ts';
import {
  KEPT_MS,
  type SettledTry,
  TOLD_WITHIN_MS,
  type TryEnd,
  type WebhookMessage,
  type WebhooksAsked,
} from './records.ts';

/** Few enough to hold nobody up. */
const SWEPT_AT_ONCE = 1_000;

/** Of each endpoint that is not disabled what is due, and has nothing before it of the same image that still waits. */
export async function borrowWebhooks(db: Kysely<Tables>, asked: WebhooksAsked): Promise<WebhookMessage[]> {
  const lent = await all(asked.endpoints.map(({ id, limit }) => dueOf(db, id, limit, asked.at)));
  const due = lent.flat();
  if (due.length === 0) return [];
  const { at, leaseMs, lease } = asked;
  const rows = await db
    .updateTable('webhook_messages')
    .set(({ eb }) => ({ due_at: at + leaseMs, tried_at: at, tries: eb('tries', '+', 1), lease }))
    .where('id', 'in', due)
    // Another node may have taken it meanwhile.
    .where('status', '=', 'waiting')
    .where('due_at', '<=', at)
    .returningAll()
    .execute();
  return rows.map((row) => toMessage(WebhookMessageRow.parse(row), lease));
}

async function dueOf(db: Kysely<Tables>, endpoint: EndpointId, limit: number, at: number): Promise<string[]> {
  const rows = await db
    .selectFrom('webhook_messages as message')
    .select('message.id')
    .where('endpoint', '=', endpoint)
    .where('status', '=', 'waiting')
    .where('due_at', '<=', at)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('webhook_messages as earlier')
            .select('earlier.id')
            .whereRef('earlier.image_id', '=', 'message.image_id')
            .whereRef('earlier.endpoint', '=', 'message.endpoint')
            .whereRef('earlier.number', '<', 'message.number')
            .where('earlier.status', '=', 'waiting'),
        ),
      ),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('webhook_endpoints')
            .select('webhook_endpoints.id')
            .where('webhook_endpoints.id', '=', endpoint)
            .where('disabled_at', 'is not', null),
        ),
      ),
    )
    .orderBy('due_at')
    .orderBy('number')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

function toMessage(row: WebhookMessageRow, lease: string): WebhookMessage {
  const { id, endpoint, event, image_id: imageId, tries } = row;
  return { id, endpoint, event, imageId, tries, lease, body: bodyOf(row) };
}

function bodyOf({ body, metadata }: WebhookMessageRow): string {
  const told = WebhookBody.parse(JSON.parse(body));
  if ('metadata' in told.data && metadata !== null) told.data.metadata = Metadata.parse(JSON.parse(metadata));
  return JSON.stringify(told);
}

/** @returns what is so from now on; null: somebody else is at it, or it is to be told no more */
export async function settleWebhook(
  db: Kysely<Tables>,
  { id, lease, at, end }: SettledTry,
): Promise<'delivered' | 'waiting' | 'given_up' | null> {
  const row = await db
    .selectFrom('webhook_messages')
    .select(['endpoint', 'image_id', 'queued_at', 'tries'])
    .where('id', '=', id)
    .where('lease', '=', lease)
    .where('status', '=', 'waiting')
    .executeTakeFirst();
  if (!row) return null;
  const { endpoint, image_id, queued_at, tries } = Lent.parse(row);
  const change = changeOf(end, at, { isLate: at - queued_at >= TOLD_WITHIN_MS, tries });
  const { numUpdatedRows } = await db
    .updateTable('webhook_messages')
    .set({ ...change, lease: null })
    .where('id', '=', id)
    .where('lease', '=', lease)
    .where('status', '=', 'waiting')
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return null;
  // What comes after it need not be looked at before, and waits for nothing more when this has ended.
  await db
    .updateTable('webhook_messages')
    .set({ due_at: change.due_at })
    .where('image_id', '=', image_id)
    .where('endpoint', '=', endpoint)
    .where('status', '=', 'waiting')
    .where('lease', 'is', null)
    .where('id', '!=', id)
    .execute();
  await noteEnd(db, endpoint, end, at);
  return change.status;
}

const Lent = WebhookMessageRow.pick({ endpoint: true, image_id: true, queued_at: true, tries: true });

function changeOf(end: TryEnd, at: number, { isLate, tries }: { isLate: boolean; tries: number }) {
  switch (end.outcome) {
    case 'delivered':
      return { status: 'delivered' as const, due_at: at, failure: null };
    case 'failed':
      return isLate
        ? { status: 'given_up' as const, due_at: at, failure: end.why }
        : { status: 'waiting' as const, due_at: at + end.inMs, failure: end.why };
    case 'gone':
      return { status: 'waiting' as const, due_at: at, failure: end.why };
    case 'interrupted':
      return { status: 'waiting' as const, due_at: at, tries: tries - 1 };
  }
}

async function noteEnd(db: Kysely<Tables>, endpoint: EndpointId, end: TryEnd, at: number): Promise<void> {
  if (end.outcome === 'interrupted') return;
  const noted =
    end.outcome === 'delivered'
      ? { succeeded_at: at }
      : {
          failed_at: at,
          failure: end.why,
          ...(end.outcome === 'gone' && { disabled_at: at, disabled_why: end.why }),
        };
  const nothing = {
    disabled_at: null,
    disabled_why: null,
    succeeded_at: null,
    failed_at: null,
    failure: null,
  };
  await db
    .insertInto('webhook_endpoints')
    .values({ id: endpoint, ...nothing, ...noted })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(noted))
    .execute();
}

/** After a crash of the service: nobody is at any of it. */
export async function releaseWebhooks(db: Kysely<Tables>, { at }: { at: number }): Promise<void> {
  await db
    .updateTable('webhook_messages')
    .set({ due_at: at, lease: null })
    .where('status', '=', 'waiting')
    .where('lease', 'is not', null)
    .execute();
}

/**
 * Gives up what nobody could be told in time, as of an endpoint that is disabled or gone, and forgets what is old.
 * @returns how many of each; there may be more
 */
export async function sweepWebhooks(
  db: Kysely<Tables>,
  { at }: { at: number },
): Promise<{ givenUp: number; forgotten: number }> {
  const late = await oldOf(db, ['waiting'], at - TOLD_WITHIN_MS, at);
  const old = await oldOf(db, ['delivered', 'given_up'], at - KEPT_MS, at);
  if (late.length > 0)
    await db
      .updateTable('webhook_messages')
      .set({ status: 'given_up', lease: null })
      .where('id', 'in', late)
      .where('status', '=', 'waiting')
      .execute();
  if (old.length > 0) await db.deleteFrom('webhook_messages').where('id', 'in', old).execute();
  return { givenUp: late.length, forgotten: old.length };
}

async function oldOf(
  db: Kysely<Tables>,
  statuses: WebhookMessageRow['status'][],
  before: number,
  at: number,
): Promise<string[]> {
  const rows = await db
    .selectFrom('webhook_messages')
    .select('id')
    .where('status', 'in', statuses)
    .where('queued_at', '<=', before)
    // Who is at it says what became of it.
    .where(({ eb, or }) => or([eb('lease', 'is', null), eb('due_at', '<=', at)]))
    .limit(SWEPT_AT_ONCE)
    .execute();
  return rows.map(({ id }) => z.string().parse(id));
}
