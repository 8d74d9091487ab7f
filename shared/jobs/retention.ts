import { type Expression, type ExpressionBuilder, type Kysely, type SqlBool, sql } from 'kysely';
import type { ImageId } from '../domain/ids.ts';
import { type ExpiredImage, FAILED_KEPT_MS, type SpentOriginals } from '../domain/retention.ts';
import { ImageRow, type Tables } from './schema/tables.ts';
import { changeUsage } from './usage.ts';

/** The eldest images whose originals are to go, as the rule says. */
export async function spentOriginals(
  db: Kysely<Tables>,
  { limit, ...rule }: SpentOriginals & { limit: number },
): Promise<ImageId[]> {
  const rows = await db
    .selectFrom('images')
    .select('id')
    .where((eb) => isSpent(eb, rule))
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => ImageRow.shape.id.parse(id));
}

/** From now on the originals of these images do not count: of those where the rule still says so. @returns which they are */
export async function releaseOriginals(
  db: Kysely<Tables>,
  { images, ...rule }: SpentOriginals & { images: readonly ImageId[] },
): Promise<ImageId[]> {
  if (images.length === 0) return [];
  const rows = await db
    .updateTable('images')
    .set({ original_removed_at: rule.at })
    .where('id', 'in', images)
    .where((eb) => isSpent(eb, rule))
    .returning(['id', 'tenant', 'bytes'])
    .execute();
  const released = rows.map((row) => Released.parse(row));
  for (const { tenant, bytes } of released) await changeUsage(db, { tenant, originalBytes: -bytes });
  return released.map(({ id }) => id);
}

const Released = ImageRow.pick({ id: true, tenant: true, bytes: true });

/** Images whose end has come, the first of them first. */
export async function expiredImages(
  db: Kysely<Tables>,
  { at, limit }: { at: number; limit: number },
): Promise<ExpiredImage[]> {
  const rows = await db
    .selectFrom('images')
    .select(['id', 'tenant'])
    .where('expires_at', '<=', at)
    .orderBy('expires_at')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map((row) => ImageRow.pick({ id: true, tenant: true }).parse(row));
}

/** Nothing waits for it or runs on it: a job of its own, or one that would run should the job that it shares with fail. */
function isSpent(
  eb: ExpressionBuilder<Tables, 'images'>,
  { keptMs, at }: SpentOriginals,
): Expression<SqlBool> {
  const jobs = eb.selectFrom('jobs').select(sql`1`.as('found')).whereRef('jobs.image_id', '=', 'images.id');
  return eb.and([
    eb('original_removed_at', 'is', null),
    eb('created_at', '<=', at - keptMs),
    eb.not(eb.exists(jobs.where('jobs.state', 'in', ['queued', 'running']))),
    eb.or([
      eb('published_run', 'is not', null),
      eb.not(eb.exists(jobs.where('jobs.updated_at', '>', at - FAILED_KEPT_MS))),
    ]),
  ]);
}
