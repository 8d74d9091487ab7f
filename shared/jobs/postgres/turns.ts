import type { CallInput, CallName } from '../calls.ts';
import type { ImagesOfPreset } from '../records.ts';

/** A statement of SQL with its values. */
export interface Statement {
  text: string;
  values: unknown[];
}

/**
 * Uploads of the same bytes of a tenant share runs, and only they: what changes one of them waits for its turn among all that do,
 * on whatever node. So the queries may count on what they have read, as they do in SQLite, where there is one writer.
 * A turn is an advisory lock that ends with its transaction.
 */
export const TURNS: { [N in CallName]?: (input: CallInput<N>) => Statement } = {
  acceptUpload: ({ image: { tenant, sha256 } }) =>
    turn("select $1::text || ' ' || $2::text as name", [tenant, sha256]),
  finishRun: ({ jobId }) => turn(OF_JOB, [jobId]),
  retryJob: ({ id }) => turn(OF_JOB, [id]),
  deleteImage: ({ id }) => turn("select tenant || ' ' || sha256 as name from images where id = $1", [id]),
  queueReprocess: (images) => turn(...ofPage(images)),
};

const turn = (groups: string, values: unknown[]): Statement => ({
  text: `select pg_advisory_xact_lock(hashtextextended(name, 0)) from (${groups}) as groups`,
  values,
});

/** A job of a time before runs were shared has none. */
const OF_JOB = "select coalesce(tenant || ' ' || sha256, '') as name from jobs where id = $1";

/** In the same order on every node, so that two pages do not wait for each other. */
function ofPage({ preset, since, after, limit }: ImagesOfPreset): [string, unknown[]] {
  const text = `
    select distinct tenant || ' ' || sha256 as name
    from (
      select tenant, sha256 from images
      where preset = $1 and created_at >= $2 and ($3::bigint is null or (created_at, id) > ($3, $4))
      order by created_at, id limit $5
    ) as page
    order by name`;
  return [text, [preset.name, since, after?.createdAt ?? null, after?.id ?? null, limit]];
}
