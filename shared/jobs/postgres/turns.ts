import type { ImageId, JobId, Sha256, Tenant } from '../../domain/ids.ts';
import type { AcceptedUpload, ImagesOfPreset } from '../records.ts';
import type { AnyCall } from './any-call.ts';

/** A statement of SQL with its values. */
export interface Statement {
  text: string;
  values: unknown[];
}

/**
 * Uploads of the same bytes of a tenant share runs, and only they: what changes one of them waits for its turn among all that do,
 * on whatever node. So the queries may count on what they have read, as they do in SQLite, where there is one writer.
 * A turn is an advisory lock that ends with its transaction; those of calls that share one are taken in the same order on every
 * node, so that none waits for another that waits for it.
 */
export function turnsOf(calls: readonly AnyCall[]): Statement | null {
  const bytes: string[] = [];
  const jobs: JobId[] = [];
  const images: ImageId[] = [];
  for (const call of calls) {
    if (call.name === 'acceptUpload') bytes.push(nameOf(call.input.image), ...quotaTurn(call.input));
    if (call.name === 'finishRun') jobs.push(call.input.jobId);
    if (call.name === 'retryJob') jobs.push(call.input.id);
    if (call.name === 'deleteImage') images.push(call.input.id);
    if (call.name === 'beginUpload') bytes.push(PLACES);
    if (call.name === 'eraseImages') images.push(...call.input.images);
    if (call.name === 'releaseOriginals') images.push(...call.input.images);
    if (call.name === 'queueReprocess') return turnsOfPage(call.input);
  }
  return bytes.length + jobs.length + images.length > 0
    ? { text: TURNS, values: [bytes, jobs, images] }
    : null;
}

/** Who counts the places of resumable uploads waits for whoever is about to take one. No tenant is called so. */
const PLACES = 'places of resumable uploads';

/** What uploads that share runs have in common. */
export const nameOf = ({ tenant, sha256 }: { tenant: Tenant; sha256: Sha256 }) => `${tenant} ${sha256}`;

/** Of a tenant with a quota each upload is to see those before it. A name of bytes ends with their hash. */
const quotaTurn = ({ image, quota }: AcceptedUpload): string[] => (quota ? [`quota of ${image.tenant}`] : []);

/** A job of a time before runs were shared has none. */
const TURNS = `
  select pg_advisory_xact_lock(hashtextextended(name, 0))
  from (
    select unnest($1::text[]) as name
    union select coalesce(tenant || ' ' || sha256, '') from jobs where id = any($2)
    union select tenant || ' ' || sha256 from images where id = any($3)
    order by name
  ) as names`;

const turnsOfPage = ({ preset, since, after, limit }: ImagesOfPreset): Statement => ({
  text: `
    select pg_advisory_xact_lock(hashtextextended(name, 0))
    from (
      select distinct tenant || ' ' || sha256 as name
      from (
        select tenant, sha256 from images
        where preset = $1 and created_at >= $2 and ($3::bigint is null or (created_at, id) > ($3, $4))
        order by created_at, id limit $5
      ) as page
      order by name
    ) as names`,
  values: [preset.name, since, after?.createdAt ?? null, after?.id ?? null, limit],
});
