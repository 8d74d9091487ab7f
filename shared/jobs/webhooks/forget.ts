import type { Kysely } from 'kysely';
import type { ImageId, Tenant } from '../../domain/ids.ts';
import type { WebhookEvent } from '../../domain/webhook.ts';
import type { Tables } from '../schema/tables.ts';

const TOLD_OF_WHAT_IS_GONE: readonly WebhookEvent[] = ['image.deleted', 'image.changed'];

/** Of an erased image nothing is told any more but that it is gone, and where it has been. */
export async function forgetWebhooksOf(db: Kysely<Tables>, image: ImageId): Promise<void> {
  await db
    .deleteFrom('webhook_messages')
    .where('image_id', '=', image)
    .where('event', 'not in', TOLD_OF_WHAT_IS_GONE)
    .execute();
}

/** The same of all images of a tenant that are gone. */
export async function forgetWebhooksOfTenant(db: Kysely<Tables>, tenant: Tenant): Promise<void> {
  await db
    .deleteFrom('webhook_messages')
    .where('tenant', '=', tenant)
    .where('event', 'not in', TOLD_OF_WHAT_IS_GONE)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('images').select('images.id').whereRef('images.id', '=', 'webhook_messages.image_id'),
        ),
      ),
    )
    .execute();
}
