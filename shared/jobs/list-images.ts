import type { Kysely, SelectQueryBuilder } from 'kysely';
import { z } from 'zod';
import { ImageId } from '../domain/ids.ts';
import { JobState } from '../domain/job.ts';
import { isAnyWithoutIndex } from './image-metadata.ts';
import type { ImagePage, ImagesAsked, ListedImage } from './image-page.ts';
import { imagesWithLatestJob } from './images-with-latest-job.ts';
import type { ImageCursor } from './reprocess-records.ts';
import { ImageRow, JobRow, type Tables, toImage } from './schema/tables.ts';

/** Images that are looked at for one page, where not all that are found are asked for: it takes some milliseconds. */
const LOOKED_AT = 1_000;

/** From the newest to the oldest. Where a status is asked for, a page may have room left, and yet a next one. */
export async function listImages(db: Kysely<Tables>, asked: ImagesAsked): Promise<ImagePage> {
  const { limit, status } = asked;
  const most = status === undefined ? limit : LOOKED_AT;
  const found = await placesOf(db, asked, most + 1);
  const places = found.slice(0, most);
  const listed = await listedAt(db, places, asked, limit + 1);
  const images = listed.slice(0, limit);
  const isComplete = !asked.metadata || !(await isAnyWithoutIndex(db));
  if (listed.length > limit) return { images, next: placeOf(images.at(-1)), isComplete };
  return { images, next: found.length > most ? (places.at(-1) ?? null) : null, isComplete };
}

const placeOf = (listed: ListedImage | undefined): ImageCursor | null =>
  listed ? { createdAt: listed.image.createdAt, id: listed.image.id } : null;

const Place = z.object({ id: ImageId, created_at: z.int() });

/** Both tables have an index in this very order: a page costs the same wherever it begins. */
async function placesOf(db: Kysely<Tables>, asked: ImagesAsked, most: number): Promise<ImageCursor[]> {
  const { since, until, after } = asked;
  let select = db
    .selectFrom(namedBy(db, asked).as('place'))
    .select(['id', 'created_at'])
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc');
  if (since !== undefined) select = select.where('created_at', '>=', since);
  if (until !== undefined) select = select.where('created_at', '<', until);
  if (after) {
    select = select.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('created_at', 'id'), '<', tuple(after.createdAt, after.id)),
    );
  }
  const rows = await select.limit(most).execute();
  return rows.map((row) => {
    const { id, created_at: createdAt } = Place.parse(row);
    return { id, createdAt };
  });
}

type Places = SelectQueryBuilder<Tables, 'images', z.input<typeof Place>>;

function namedBy(db: Kysely<Tables>, { tenant, metadata }: ImagesAsked): Places {
  if (!metadata) return db.selectFrom('images').select(['id', 'created_at']).where('tenant', '=', tenant);
  return db
    .selectFrom('image_metadata')
    .select(['image_id as id', 'created_at'])
    .where('tenant', '=', tenant)
    .where('field', '=', metadata.field)
    .where('value', '=', metadata.value) as unknown as Places;
}

const Listed = ImageRow.extend({
  job_id: JobRow.shape.id,
  job_state: JobState,
  job_failure: JobRow.shape.failure,
});

/** Of these the first that have the status, and have not ended. */
async function listedAt(
  db: Kysely<Tables>,
  places: readonly ImageCursor[],
  { status, at }: ImagesAsked,
  most: number,
): Promise<ListedImage[]> {
  if (places.length === 0) return [];
  let select = imagesWithLatestJob(db)
    .selectAll('images')
    .select(['jobs.id as job_id', 'jobs.state as job_state', 'jobs.failure as job_failure'])
    .where(
      'images.id',
      'in',
      places.map(({ id }) => id),
    )
    .orderBy('images.created_at', 'desc')
    .orderBy('images.id', 'desc');
  if (at !== undefined)
    select = select.where(({ eb, or }) =>
      or([eb('images.expires_at', 'is', null), eb('images.expires_at', '>', at)]),
    );
  if (status === 'succeeded') select = select.where('images.published_run', 'is not', null);
  else if (status !== undefined)
    select = select.where('images.published_run', 'is', null).where('jobs.state', '=', status);
  const rows = await select.limit(most).execute();
  return rows.map((found) => {
    const { job_id, job_state, job_failure, ...row } = Listed.parse(found);
    const isShown = row.published_run !== null;
    return {
      image: toImage(row),
      jobId: job_id,
      status: isShown ? 'succeeded' : job_state,
      failure: isShown ? null : job_failure,
    };
  });
}
