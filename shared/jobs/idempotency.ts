import type { Kysely } from 'kysely';
import type { z } from 'zod';
import { FirstAnswer, KEY_KEPT_MS, type KeyClaim } from '../domain/idempotency.ts';
import type { ClaimId, Sha256 } from '../domain/ids.ts';
import type { Job } from '../domain/job.ts';
import { IdempotencyKeyRow, type Tables } from './schema/tables.ts';

/** More than are claimed meanwhile, so that what has run out goes away, and few enough to hold nobody up. */
const SWEPT_AT_ONCE = 100;

const NOT_ANSWERED = { fingerprint: null, image_id: null, job_id: null, state: null };

export async function claimKey(
  db: Kysely<Tables>,
  { claim, at, node = null }: { claim: KeyClaim; at: number; node?: string | null },
): Promise<FirstAnswer | 'claimed' | 'in_flight'> {
  const { id, tenant, key, until } = claim;
  await db
    .deleteFrom('idempotency_keys')
    .where('tenant', '=', tenant)
    .where('key', '=', key)
    .where('until', '<=', at)
    .execute();
  await db
    .deleteFrom('idempotency_keys')
    .where('claim', 'in', ({ selectFrom }) =>
      selectFrom('idempotency_keys').select('claim').where('until', '<=', at).limit(SWEPT_AT_ONCE),
    )
    .execute();
  for (;;) {
    const { numInsertedOrUpdatedRows: inserted } = await db
      .insertInto('idempotency_keys')
      .values({ ...NOT_ANSWERED, tenant, key, claim: id, until, node })
      .onConflict((conflict) => conflict.columns(['tenant', 'key']).doNothing())
      .executeTakeFirst();
    if (inserted) return 'claimed';
    const row = await db
      .selectFrom('idempotency_keys')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('key', '=', key)
      .executeTakeFirst();
    // Another node may have given it back a moment ago.
    if (row) return answerOf(IdempotencyKeyRow.parse(row));
  }
}

function answerOf(row: z.output<typeof IdempotencyKeyRow>): FirstAnswer | 'in_flight' {
  if (row.job_id === null) return 'in_flight';
  const { fingerprint, image_id: imageId, job_id, state } = row;
  return FirstAnswer.parse({ fingerprint, job: { id: job_id, imageId, state } });
}

/** Keeps the answer to a claimed key. False: the claim has run out, and somebody else may have the key. */
export async function answerKey(
  db: Kysely<Tables>,
  { id, fingerprint }: { id: ClaimId; fingerprint: Sha256 },
  job: Job,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('idempotency_keys')
    .set({
      until: job.createdAt + KEY_KEPT_MS,
      fingerprint,
      image_id: job.imageId,
      job_id: job.id,
      state: job.state,
    })
    .where('claim', '=', id)
    .where('job_id', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function releaseClaim(db: Kysely<Tables>, id: ClaimId): Promise<void> {
  await db.deleteFrom('idempotency_keys').where('claim', '=', id).where('job_id', 'is', null).execute();
}

export async function releaseAllClaims(db: Kysely<Tables>): Promise<void> {
  await db.deleteFrom('idempotency_keys').where('job_id', 'is', null).execute();
}
