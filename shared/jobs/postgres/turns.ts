import type { ImageId, JobId, Sha256, Tenant } from '../../domain/ids.ts';
import type { CallInput, CallName } from '../calls.ts';
import type { ImagesOfPreset } from '../records.ts';

/**
 * Uploads of the same bytes of a tenant share runs, and only they: what changes one of them waits for its turn among all that do,
 * on whatever node. So the queries may count on what they have read, as they do in SQLite, where there is one writer.
 * A turn is an advisory lock that ends with its transaction, in one statement of SQL.
 */
export const TURNS: { [N in CallName]?: (input: CallInput<N>) => string } = {
  acceptUpload: ({ image }) => lockOf(`select ${groupText(image)} as name`),
  finishRun: ({ jobId }) => ofJob(jobId),
  retryJob: ({ id }) => ofJob(id),
  deleteImage: ({ id }) => ofImage(id),
  queueReprocess: (images) => ofPage(images),
};

const lockOf = (groups: string) =>
  `select pg_advisory_xact_lock(hashtextextended(name, 0)) from (${groups}) as groups`;

/** A job of a time before runs were shared has none. */
const ofJob = (id: JobId) =>
  lockOf(`select coalesce(tenant || ' ' || sha256, '') as name from jobs where id = ${text(id)}`);

const ofImage = (id: ImageId) =>
  lockOf(`select tenant || ' ' || sha256 as name from images where id = ${text(id)}`);

/** In the same order on every node, so that two pages do not wait for each other. */
function ofPage({ preset, since, after, limit }: ImagesOfPreset): string {
  const beyond = after ? `and (created_at, id) > (${after.createdAt}, ${text(after.id)})` : '';
  return lockOf(`
    select distinct tenant || ' ' || sha256 as name
    from (
      select tenant, sha256 from images
      where preset = ${text(preset.name)} and created_at >= ${since} ${beyond}
      order by created_at, id limit ${limit}
    ) as page
    order by name`);
}

const groupText = ({ tenant, sha256 }: { tenant: Tenant; sha256: Sha256 }) => text(`${tenant} ${sha256}`);

/** As a literal: several statements in one message have no parameters. */
const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
