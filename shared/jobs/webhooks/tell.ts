import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { ChangeReason } from '../../domain/change-reason.ts';
import type { ImageId, JobId, RunId, Tenant } from '../../domain/ids.ts';
import { pathsOf, variantPath, variantUrlName } from '../../domain/variant-url.ts';
import { EVENT_OF_END, type Subscription, WebhookBody } from '../../domain/webhook.ts';
import { ImageRow, JobRow, SetRow, type Tables } from '../schema/tables.ts';
import { type Told, write } from './write.ts';

/** Images in one statement: each may be told to many, in rows of sixteen values. */
const IMAGES_AT_ONCE = 50;

/** Whom to tell; nobody, where it is not said. */
export interface Tells {
  webhooks?: readonly Subscription[] | undefined;
}

/** A job that has ended, with its image as it is from now on. */
const Ended = z.object({
  ...JobRow.pick({ id: true, image_id: true, state: true, failure: true, created_at: true }).shape,
  tenant: ImageRow.shape.tenant,
  /** JSON, that nobody here looks into. */
  metadata: z.string().nullable(),
  accepted_at: ImageRow.shape.created_at,
  manifest: SetRow.shape.manifest.nullable(),
});
type Ended = z.output<typeof Ended>;

/** Endpoints are told how jobs have ended, with the transaction of that. Of an image that is gone meanwhile nothing is told. */
export async function tellEnded(
  db: Kysely<Tables>,
  jobs: readonly JobId[],
  { at, webhooks = [] }: { at: number } & Tells,
): Promise<void> {
  if (webhooks.length === 0) return;
  for (let from = 0; from < jobs.length; from += IMAGES_AT_ONCE) {
    const rows = await db
      .selectFrom('jobs')
      .innerJoin('images', 'images.id', 'jobs.image_id')
      .leftJoin('sets', 'sets.run_id', 'images.published_run')
      .select(['jobs.id', 'jobs.image_id', 'jobs.state', 'jobs.failure', 'jobs.created_at'])
      .select(['images.tenant', 'images.metadata', 'images.created_at as accepted_at', 'sets.manifest'])
      .where('jobs.id', 'in', jobs.slice(from, from + IMAGES_AT_ONCE))
      .execute();
    const told = rows.flatMap((row) => toldOf(Ended.parse(row), at) ?? []);
    await write(db, told, webhooks, at);
  }
}

function toldOf(ended: Ended, at: number): Told | null {
  const { id: jobId, image_id: imageId, tenant, state: status, failure, metadata, manifest } = ended;
  const type = EVENT_OF_END[status];
  if (!type) return null;
  const variants = (manifest?.variants ?? []).map((variant) => ({
    ...variant,
    url: variantPath(imageId, variantUrlName(variant)),
  }));
  const body = WebhookBody.parse({
    type,
    timestamp: new Date(at).toISOString(),
    data: {
      imageId,
      jobId,
      tenant,
      status,
      // A job that makes an image anew is younger than it.
      reason: ended.created_at > ended.accepted_at ? 'reprocessed' : 'uploaded',
      links: { self: `/images/${imageId}`, job: `/jobs/${jobId}` },
      ...(status === 'succeeded' ? { variants } : { failure }),
    },
  });
  return { image: imageId, tenant, body, metadata };
}

/** Endpoints are told that an image is gone. What else they are still to be told of it goes without what its client has said. */
export async function tellDeleted(
  db: Kysely<Tables>,
  {
    image,
    tenant,
    reason,
    at,
    webhooks = [],
  }: { image: ImageId; tenant: Tenant; reason: ChangeReason; at: number } & Tells,
): Promise<void> {
  await db.updateTable('webhook_messages').set({ metadata: null }).where('image_id', '=', image).execute();
  if (webhooks.length === 0) return;
  const body = WebhookBody.parse({
    type: 'image.deleted',
    timestamp: new Date(at).toISOString(),
    data: { imageId: image, tenant, status: 'deleted', reason },
  });
  await write(db, [{ image, tenant, body, metadata: null }], webhooks, at);
}

/** An image, with the run whose set it has shown. */
export interface Changed {
  id: ImageId;
  tenant: Tenant;
  run: RunId;
}

/** Endpoints are told which addresses of images are not right any more, as of a cache in front of the service. */
export async function tellChanged(
  db: Kysely<Tables>,
  images: readonly Changed[],
  { reason, at, webhooks = [] }: { reason: ChangeReason; at: number } & Tells,
): Promise<void> {
  if (images.length === 0 || !webhooks.some(({ events }) => events.includes('image.changed'))) return;
  for (let from = 0; from < images.length; from += IMAGES_AT_ONCE) {
    const some = images.slice(from, from + IMAGES_AT_ONCE);
    const runs = [...new Set(some.map(({ run }) => run))];
    const rows = await db.selectFrom('sets').selectAll().where('run_id', 'in', runs).execute();
    const sets = new Map(rows.map((row) => SetRow.parse(row)).map((set) => [set.run_id, set.manifest]));
    const told = some.flatMap(({ id: imageId, tenant, run }): Told[] => {
      const urls = pathsOf(imageId, sets.get(run)?.variants ?? []);
      if (urls.length === 0) return [];
      const data = { imageId, tenant, reason, urls };
      const body = WebhookBody.parse({ type: 'image.changed', timestamp: new Date(at).toISOString(), data });
      return [{ image: imageId, tenant, body, metadata: null }];
    });
    await write(db, told, webhooks, at);
  }
}
