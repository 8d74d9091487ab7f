import type { Kysely } from 'kysely';
import type { ImageId, Sha256, Tenant } from '../../domain/ids.ts';
import { deleteImage } from '../by-hand.ts';
import { findImage } from '../reads.ts';
import type { Tables } from '../schema/tables.ts';
import { forgetWebhooksOf, forgetWebhooksOfTenant } from '../webhooks/forget.ts';
import type { Tells } from '../webhooks/tell.ts';
import {
  type ErasedImages,
  type ErasureOrder,
  type ErasureRest,
  type ForgottenRest,
  NOTHING_FORGOTTEN,
} from './erasure.ts';
import { forgetJobsOf, forgetJobsOfGoneImages } from './forget-jobs.ts';

/**
 * Deletes images, and forgets all that was known of them but that they were there. Their files are named by `removals` until they are
 * removed; what they share with other images stays.
 */
export async function eraseImages(db: Kysely<Tables>, order: ErasureOrder & Tells): Promise<ErasedImages> {
  const erased: ErasedImages = { ...NOTHING_FORGOTTEN, promoted: [] };
  for (const id of order.images) await eraseImage(db, id, order, erased);
  if (order.images.length === 0) return erased;
  const { numDeletedRows } = await db
    .deleteFrom('idempotency_keys')
    .where('tenant', '=', order.tenant)
    .where('image_id', 'in', order.images)
    .executeTakeFirst();
  erased.keys += Number(numDeletedRows);
  return erased;
}

async function eraseImage(
  db: Kysely<Tables>,
  id: ImageId,
  { tenant, at, runsEndBy, webhooks }: ErasureOrder & Tells,
  erased: ErasedImages,
): Promise<void> {
  // What has ended is to go, too.
  const found = await findImage(db, { id, tenant, at: Number.NEGATIVE_INFINITY });
  // Somebody else was quicker.
  if (found === null || found === 'deleted') return;
  const runs = await openRunsOf(db, id);
  const deleted = await deleteImage(db, { id, tenant, at, reason: 'erased', webhooks });
  if (deleted === null || deleted === 'deleted') return;
  const removals: Tables['removals'][] = [{ kind: 'original', id, tenant, due_at: at }];
  erased.images++;
  erased.files++;
  erased.bytes += found.image.bytes;
  if (deleted.retiredSet) {
    removals.push({ kind: 'set', id: deleted.retiredSet, tenant, due_at: at });
    const variants = found.set?.manifest.variants ?? [];
    erased.files += variants.length;
    for (const { bytes } of variants) erased.bytes += bytes;
  }
  // What such a run publishes counts for nothing, and may come at any time until then.
  for (const run of runs) removals.push({ kind: 'set', id: run, tenant, due_at: runsEndBy });
  await db.insertInto('removals').values(removals).execute();
  if (deleted.promoted) erased.promoted.push(deleted.promoted);
  await forgetWebhooksOf(db, id);
  const bytes = { id, tenant, sha256: found.image.sha256 };
  erased.jobs += await forgetJobsOf(db, bytes);
  erased.quarantined += await forgetQuarantined(db, bytes);
}

const openRunsOf = async (db: Kysely<Tables>, image: ImageId): Promise<string[]> => {
  const rows = await db
    .selectFrom('jobs')
    .innerJoin('runs', 'runs.job_id', 'jobs.id')
    .select('runs.id')
    .where('jobs.image_id', '=', image)
    .where('runs.ended_at', 'is', null)
    .execute();
  return rows.map(({ id }) => id);
};

/** Where no other image has the same bytes. */
async function forgetQuarantined(
  db: Kysely<Tables>,
  { tenant, sha256 }: { tenant: Tenant; sha256: Sha256 },
): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('quarantine')
    .where('tenant', '=', tenant)
    .where('sha256', '=', sha256)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(selectFrom('images').select('id').where('tenant', '=', tenant).where('sha256', '=', sha256)),
      ),
    )
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** What a tenant has left that no image names: keys, what is quarantined, jobs of images that were deleted before. */
export async function eraseRest(
  db: Kysely<Tables>,
  { tenant, at, limit }: ErasureRest,
): Promise<ForgottenRest> {
  const keys = await db
    .deleteFrom('idempotency_keys')
    .where('tenant', '=', tenant)
    // A request that is on its way has to find its claim.
    .where(({ eb, or }) => or([eb('job_id', 'is not', null), eb('until', '<=', at)]))
    .executeTakeFirst();
  const quarantined = await db
    .deleteFrom('quarantine')
    .where('tenant', '=', tenant)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('images')
            .select('id')
            .whereRef('images.tenant', '=', 'quarantine.tenant')
            .whereRef('images.sha256', '=', 'quarantine.sha256'),
        ),
      ),
    )
    .executeTakeFirst();
  await forgetWebhooksOfTenant(db, tenant);
  const claim = await db
    .selectFrom('idempotency_keys')
    .select('claim')
    .where('tenant', '=', tenant)
    .limit(1)
    .executeTakeFirst();
  return {
    ...NOTHING_FORGOTTEN,
    keys: Number(keys.numDeletedRows),
    quarantined: Number(quarantined.numDeletedRows),
    jobs: await forgetJobsOfGoneImages(db, tenant, limit),
    uploads: await forgetUploads(db, { tenant, at, limit }),
    isUnderWay: claim !== undefined,
  };
}

/** A request that is at one of them finds it gone, and takes back what it has brought. */
async function forgetUploads(db: Kysely<Tables>, { tenant, at, limit }: ErasureRest): Promise<number> {
  const found = await db
    .selectFrom('resumable_uploads')
    .select('id')
    .where('tenant', '=', tenant)
    .limit(limit)
    .execute();
  const ids = found.map(({ id }) => id);
  if (ids.length === 0) return 0;
  await db.deleteFrom('resumable_uploads').where('id', 'in', ids).execute();
  const removals = ids.map((id) => ({ kind: 'parts' as const, id, tenant, due_at: at }));
  // That of a ticket may be opened again, and be erased again.
  await db
    .insertInto('removals')
    .values(removals)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return ids.length;
}
