import type { Kysely } from 'kysely';
import type { Tables } from './schema/tables.ts';

/** Images, each with its latest job. */
export const imagesWithLatestJob = (db: Kysely<Tables>) =>
  db
    .selectFrom('images')
    .innerJoin('jobs', (join) =>
      join.on('jobs.id', '=', ({ selectFrom }) =>
        selectFrom('jobs as latest')
          .select('latest.id')
          .whereRef('latest.image_id', '=', 'images.id')
          .orderBy('latest.created_at', 'desc')
          .orderBy('latest.id', 'desc')
          .limit(1),
      ),
    );
