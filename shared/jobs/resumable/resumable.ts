import { type Kysely, sql } from 'kysely';
import type { HoldId, Tenant, UploadId } from '../../domain/ids.ts';
import type { NewResumableUpload, ResumableUpload, UploadEnd, UploadPart } from '../../domain/resumable.ts';
import { ResumableUploadRow, toResumableUpload } from '../schema/resumable-row.ts';
import type { Tables } from '../schema/tables.ts';

/** Beside what an upload is, whether its time is over by the clock of the store. */
export type FoundUpload = ResumableUpload & { isOver: boolean };

/** What {@link beginUpload} takes: where tenants share, each leaves as many places free as it takes. */
export interface UploadPlaces {
  /** Uploads that may be open, or wait for a worker. */
  most: number;
  isShared: boolean;
}

/** Uploads that are to be looked after by nobody's request. */
export interface UploadsToTidy {
  /** All their bytes are here, and nothing has become of them yet. */
  whole: FoundUpload[];
  /** Their time is over. */
  over: UploadId[];
}

export async function beginUpload(
  db: Kysely<Tables>,
  { upload, places, at }: { upload: NewResumableUpload; places: UploadPlaces; at: number },
): Promise<FoundUpload | 'no_place'> {
  const { id, tenant, bytes, metadata, fields, createdAt, until } = upload;
  const known = await findUpload(db, { id, tenant, at });
  if (known) return known;
  if (!(await hasPlace(db, tenant, places, at))) return 'no_place';
  const row = {
    id,
    tenant,
    state: 'open' as const,
    bytes,
    received: 0,
    parts: '[]',
    metadata,
    fields: JSON.stringify(fields),
    hold: null,
    created_at: createdAt,
    until,
    image_id: null,
    job_id: null,
    refusal: null,
  };
  await db.insertInto('resumable_uploads').values(row).execute();
  return { ...toResumableUpload(ResumableUploadRow.parse(row)), isOver: false };
}

/** A place is taken until the picture is made: else what is accepted would pile up before the workers. */
async function hasPlace(
  db: Kysely<Tables>,
  tenant: Tenant,
  { most, isShared }: UploadPlaces,
  at: number,
): Promise<boolean> {
  const taken = await db
    .selectFrom('resumable_uploads as uploads')
    .select(({ fn }) => ['tenant', fn.countAll<number | string>().as('n')])
    .where(({ or, and, eb, exists, selectFrom }) =>
      or([
        and([eb('state', '=', 'open'), eb('until', '>', at)]),
        and([
          eb('state', '=', 'accepted'),
          exists(
            selectFrom('jobs')
              .select('jobs.id')
              .whereRef('jobs.id', '=', 'uploads.job_id')
              .where('jobs.state', 'in', ['queued', 'running']),
          ),
        ]),
      ]),
    )
    .groupBy('tenant')
    .execute();
  const free = most - taken.reduce((sum, { n }) => sum + Number(n), 0);
  const own = Number(taken.find((it) => it.tenant === tenant)?.n ?? 0);
  return free > 0 && (!isShared || own < free);
}

export async function findUpload(
  db: Kysely<Tables>,
  { id, tenant, at }: { id: UploadId; tenant: Tenant; at: number },
): Promise<FoundUpload | null> {
  const row = await db
    .selectFrom('resumable_uploads')
    .selectAll()
    .where('id', '=', id)
    .where('tenant', '=', tenant)
    .executeTakeFirst();
  return row ? found(row, at) : null;
}

export async function holdUpload(
  db: Kysely<Tables>,
  {
    id,
    tenant,
    hold,
    received,
    at,
  }: { id: UploadId; tenant: Tenant; hold: HoldId; received: number; at: number },
): Promise<FoundUpload | null> {
  await db
    .updateTable('resumable_uploads')
    .set({ hold })
    .where('id', '=', id)
    .where('tenant', '=', tenant)
    .where('state', '=', 'open')
    .where('received', '=', received)
    .where('until', '>', at)
    .execute();
  return findUpload(db, { id, tenant, at });
}

export async function addToUpload(
  db: Kysely<Tables>,
  { id, hold, parts }: { id: UploadId; hold: HoldId; parts: readonly UploadPart[] },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('resumable_uploads')
    .set({ parts: JSON.stringify(parts), received: parts.reduce((sum, { bytes }) => sum + bytes, 0) })
    .where('id', '=', id)
    .where('hold', '=', hold)
    .where('state', '=', 'open')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function endUpload(
  db: Kysely<Tables>,
  { id, end }: { id: UploadId; end: UploadEnd },
): Promise<void> {
  await db
    .updateTable('resumable_uploads')
    .set({
      state: end.state,
      image_id: end.state === 'accepted' ? end.image : null,
      job_id: end.state === 'accepted' ? end.job : null,
      refusal: end.state === 'refused' ? end.refusal : null,
      parts: '[]',
      metadata: '',
      fields: '{}',
    })
    .where('id', '=', id)
    .where('state', '=', 'open')
    .execute();
}

export async function dropUpload(db: Kysely<Tables>, id: UploadId): Promise<void> {
  await db.deleteFrom('resumable_uploads').where('id', '=', id).execute();
}

export async function uploadsToTidy(
  db: Kysely<Tables>,
  { at, limit }: { at: number; limit: number },
): Promise<UploadsToTidy> {
  const over = await db
    .selectFrom('resumable_uploads')
    .select('id')
    .where('until', '<=', at)
    .limit(limit)
    .execute();
  const whole = await db
    .selectFrom('resumable_uploads')
    .selectAll()
    .where('state', '=', 'open')
    .where('until', '>', at)
    .where('received', '=', sql.ref<number>('bytes'))
    .limit(limit)
    .execute();
  return {
    whole: whole.map((row) => found(row, at)),
    over: over.map(({ id }) => ResumableUploadRow.shape.id.parse(id)),
  };
}

export async function openUploadsAmong(db: Kysely<Tables>, ids: UploadId[]): Promise<UploadId[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('resumable_uploads')
    .select('id')
    .where('id', 'in', ids)
    .where('state', '=', 'open')
    .execute();
  return rows.map(({ id }) => ResumableUploadRow.shape.id.parse(id));
}

function found(row: Tables['resumable_uploads'], at: number): FoundUpload {
  const upload = toResumableUpload(ResumableUploadRow.parse(row));
  return { ...upload, isOver: upload.until <= at };
}
