import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import { type ChangeReason, Purge } from '../domain/announcement.ts';
import type { ImageId, RunId } from '../domain/ids.ts';
import type { Variant } from '../domain/image.ts';
import { pathsOf } from '../domain/variant-url.ts';
import type { Subscription } from '../domain/webhook.ts';
import { SetRow, type Tables } from './tables.ts';

/** Who is to be told of what changes. */
export interface Audience {
  /** Caches in front of us. */
  purges: boolean;
  webhooks: readonly Subscription[];
}
export const NOBODY: Audience = { purges: false, webhooks: [] };

/** Nobody, where it is not said. */
export interface Announces {
  announces?: Audience | undefined;
}

/** Caches in front of us keep what these variants of an image were: they are told with the transaction of the change. */
export async function announcePurge(
  db: Kysely<Tables>,
  {
    image,
    variants,
    reason,
    at,
  }: { image: ImageId; variants: readonly Variant[]; reason: ChangeReason; at: number },
): Promise<void> {
  const purge = Purge.parse({ reason, image, urls: pathsOf(image, variants) });
  await db
    .insertInto('outbox')
    .values({
      id: randomUUID(),
      topic: 'purge',
      body: JSON.stringify(purge),
      created_at: at,
      due_at: at,
      tries: 0,
    })
    .execute();
}

/** The same for images that show another set from now on. @param images with the runs whose sets they have shown */
export async function announceReplaced(
  db: Kysely<Tables>,
  images: readonly { id: ImageId; run: RunId }[],
  at: number,
): Promise<void> {
  for (const { id: image, run } of images) {
    const row = await db.selectFrom('sets').selectAll().where('run_id', '=', run).executeTakeFirst();
    if (!row) continue;
    const { variants } = SetRow.parse(row).manifest;
    await announcePurge(db, { image, variants, reason: 'reprocessed', at });
  }
}
