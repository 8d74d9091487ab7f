import type { Kysely } from 'kysely';
import type { Topic } from '../domain/announcement.ts';
import { OutboxRow } from './outbox-row.ts';
import type { Tables } from './tables.ts';

/** Something to be told, lent to who tells it for a while. */
export interface Announcement {
  id: string;
  body: string;
  /** In milliseconds since it came about. */
  ageMs: number;
  /** This one counted. */
  tries: number;
}

export interface AnnouncementsAsked {
  topic: Topic;
  at: number;
  /** For so long nobody else gets them, in milliseconds. */
  leaseMs: number;
  limit: number;
}

export async function borrowAnnouncements(
  db: Kysely<Tables>,
  { topic, at, leaseMs, limit }: AnnouncementsAsked,
): Promise<Announcement[]> {
  const due = await db
    .selectFrom('outbox')
    .select('id')
    .where('topic', '=', topic)
    .where('due_at', '<=', at)
    .orderBy('due_at')
    .limit(limit)
    .execute();
  if (due.length === 0) return [];
  const rows = await db
    .updateTable('outbox')
    .set(({ eb }) => ({ due_at: at + leaseMs, tries: eb('tries', '+', 1) }))
    .where(
      'id',
      'in',
      due.map(({ id }) => id),
    )
    // Another node may have taken it meanwhile.
    .where('due_at', '<=', at)
    .returningAll()
    .execute();
  return rows.map((row) => {
    const { id, body, created_at, tries } = OutboxRow.parse(row);
    return { id, body, tries, ageMs: at - created_at };
  });
}

/** It was told, or is told no more. */
export async function forgetAnnouncement(db: Kysely<Tables>, id: string): Promise<void> {
  await db.deleteFrom('outbox').where('id', '=', id).execute();
}

export async function postponeAnnouncement(
  db: Kysely<Tables>,
  { id, at, inMs }: { id: string; at: number; inMs: number },
): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ due_at: at + inMs })
    .where('id', '=', id)
    .execute();
}

export async function releaseAnnouncements(db: Kysely<Tables>, { at }: { at: number }): Promise<void> {
  await db.updateTable('outbox').set({ due_at: at }).where('due_at', '>', at).execute();
}
