import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { DEFAULT_TENANT, type Tenant } from '../domain/ids.ts';
import type { Image, Manifest } from '../domain/image.ts';
import { nothingUsed, type Quota, Usage } from '../domain/usage.ts';
import type { Tables } from './schema/tables.ts';

/** Folded at once: few enough for some milliseconds. */
const FOLDED_AT_ONCE = 2_000;

const UNBOUNDED = Number.MAX_SAFE_INTEGER;

/** By how much what a tenant has becomes more, or with a minus less. */
export type UsageChange = { tenant: Tenant } & Partial<Omit<Usage, 'tenant'>>;

/** In the transaction that brings it about. A row is added and none is changed, so that nobody waits for anybody. */
export async function changeUsage(db: Kysely<Tables>, change: UsageChange): Promise<void> {
  await db.insertInto('usage_changes').values(rowOf(change)).execute();
}

const rowOf = ({ tenant, images = 0, originalBytes = 0, variantBytes = 0 }: UsageChange) => ({
  id: randomUUID(),
  tenant,
  images,
  original_bytes: originalBytes,
  variant_bytes: variantBytes,
});

export const bytesOf = ({ variants }: Manifest): number =>
  variants.reduce((sum, { bytes }) => sum + bytes, 0);

/**
 * Counts an image if it fits. It is one statement, which sees what those before it in its transaction have counted; others of the
 * tenant take turns.
 * @returns what it is to be taken back by; null: it does not fit
 */
export async function countWithin(
  db: Kysely<Tables>,
  quota: Quota,
  { tenant, bytes }: Pick<Image, 'tenant' | 'bytes'>,
): Promise<string | null> {
  const { id } = rowOf({ tenant });
  const most = { images: quota.images ?? UNBOUNDED, bytes: quota.bytes ?? UNBOUNDED };
  const counted = await sql`
    insert into usage_changes (id, tenant, images, original_bytes, variant_bytes)
    select cast(${id} as text), cast(${tenant} as text), 1, cast(${bytes} as bigint), 0
    from (${sumOf(tenant)}) as used
    where used.images < cast(${most.images} as bigint)
      and used.original_bytes + used.variant_bytes + cast(${bytes} as bigint) <= cast(${most.bytes} as bigint)
    returning id`.execute(db);
  return counted.rows.length > 0 ? id : null;
}

export async function takeBack(db: Kysely<Tables>, id: string): Promise<void> {
  await db.deleteFrom('usage_changes').where('id', '=', id).execute();
}

/** One row, in any case. */
const sumOf = (tenant: Tenant) => sql`
  select coalesce(sum(images), 0) as images, coalesce(sum(original_bytes), 0) as original_bytes,
    coalesce(sum(variant_bytes), 0) as variant_bytes
  from (
    select images, original_bytes, variant_bytes from usage where tenant = ${tenant}
    union all select images, original_bytes, variant_bytes from usage_changes where tenant = ${tenant}
  ) as parts`;

export async function usageOf(db: Kysely<Tables>, tenant: Tenant): Promise<Usage> {
  const { rows } = await sumOf(tenant).execute(db);
  return rows[0] ? toUsage({ ...rows[0], tenant }) : nothingUsed(tenant);
}

/** Of all tenants together. */
export async function totalUsage(db: Kysely<Tables>): Promise<Omit<Usage, 'tenant'>> {
  const { rows } = await sql`
    select coalesce(sum(images), 0) as images, coalesce(sum(original_bytes), 0) as original_bytes,
      coalesce(sum(variant_bytes), 0) as variant_bytes
    from (
      select images, original_bytes, variant_bytes from usage
      union all select images, original_bytes, variant_bytes from usage_changes
    ) as parts`.execute(db);
  const { tenant: _, ...total } = toUsage({ ...(rows[0] ?? {}), tenant: DEFAULT_TENANT });
  return total;
}

/** Sums of PostgreSQL are numbers without a bound, and come as text. */
function toUsage(row: object): Usage {
  const { tenant, images, original_bytes, variant_bytes } = row as Record<string, unknown>;
  return Usage.parse({
    tenant,
    images: Number(images),
    originalBytes: Number(original_bytes),
    variantBytes: Number(variant_bytes),
  });
}

/** Adds changes to what they change, so that there are never many to be summed. @returns how many */
export async function foldUsage(db: Kysely<Tables>): Promise<number> {
  const changes = await db
    .deleteFrom('usage_changes')
    .where('id', 'in', ({ selectFrom }) => selectFrom('usage_changes').select('id').limit(FOLDED_AT_ONCE))
    .returning(['tenant', 'images', 'original_bytes', 'variant_bytes'])
    .execute();
  const sums = new Map<string, { images: number; original_bytes: number; variant_bytes: number }>();
  for (const { tenant, ...change } of changes) {
    const sum = sums.get(tenant) ?? { images: 0, original_bytes: 0, variant_bytes: 0 };
    sum.images += change.images;
    sum.original_bytes += change.original_bytes;
    sum.variant_bytes += change.variant_bytes;
    sums.set(tenant, sum);
  }
  for (const [tenant, sum] of sums) {
    await db
      .insertInto('usage')
      .values({ tenant, ...sum })
      .onConflict((conflict) =>
        conflict.column('tenant').doUpdateSet(({ ref }) => ({
          images: sql`${ref('usage.images')} + ${sum.images}`,
          original_bytes: sql`${ref('usage.original_bytes')} + ${sum.original_bytes}`,
          variant_bytes: sql`${ref('usage.variant_bytes')} + ${sum.variant_bytes}`,
        })),
      )
      .execute();
  }
  return changes.length;
}

/**
 * Counts everything anew, and adds what was missed: by nodes of a version that did not count. One statement sees all that is
 * committed, and each change with its count, so that nobody has to wait meanwhile.
 * @returns how many tenants were counted wrong
 */
export async function recountUsage(db: Kysely<Tables>): Promise<number> {
  const { rows } = await sql`
    insert into usage_changes (id, tenant, images, original_bytes, variant_bytes)
    select cast(${randomUUID()} as text) || ' ' || tenant, tenant, sum(images), sum(original_bytes), sum(variant_bytes)
    from (
      select tenant, count(*) as images, sum(case when original_removed_at is null then bytes else 0 end) as original_bytes,
        0 as variant_bytes
      from images group by tenant
      union all select coalesce(tenant, ${DEFAULT_TENANT}), 0, 0, bytes from sets
      union all select tenant, -images, -original_bytes, -variant_bytes from usage
      union all select tenant, -images, -original_bytes, -variant_bytes from usage_changes
    ) as parts
    group by tenant
    having sum(images) <> 0 or sum(original_bytes) <> 0 or sum(variant_bytes) <> 0
    returning id`.execute(db);
  return rows.length;
}
