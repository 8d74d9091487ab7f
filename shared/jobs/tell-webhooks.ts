import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { ChangeReason } from '../domain/announcement.ts';
import type { ImageId, JobId, Tenant } from '../domain/ids.ts';
import { variantPath, variantUrlName } from '../domain/variant-url.ts';
import { EVENT_OF_END, type Subscription, WebhookBody, type WebhookEvent } from '../domain/webhook.ts';
import { VALUES_PER_STATEMENT } from './among.ts';
import type { Announces } from './announce.ts';
import { ImageRow, JobRow, SetRow, type Tables } from './tables.ts';

/** Images in one statement: each may be told to many, in rows of sixteen values. */
const IMAGES_AT_ONCE = 50;

/** What is told of an image. */
interface Told {
  image: ImageId;
  tenant: Tenant;
  body: WebhookBody;
  metadata: string | null;
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
  { at, announces }: { at: number } & Announces,
): Promise<void> {
  const endpoints = announces?.webhooks ?? [];
  if (endpoints.length === 0) return;
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
    await write(db, told, endpoints, at);
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
    announces,
  }: { image: ImageId; tenant: Tenant; reason: ChangeReason; at: number } & Announces,
): Promise<void> {
  await db.updateTable('webhook_messages').set({ metadata: null }).where('image_id', '=', image).execute();
  const endpoints = announces?.webhooks ?? [];
  if (endpoints.length === 0) return;
  const body = WebhookBody.parse({
    type: 'image.deleted',
    timestamp: new Date(at).toISOString(),
    data: { imageId: image, tenant, status: 'deleted', reason },
  });
  await write(db, [{ image, tenant, body, metadata: null }], endpoints, at);
}

const wants = ({ tenant, events }: Subscription, event: WebhookEvent, of: Tenant): boolean =>
  (tenant === null || tenant === of) && events.includes(event);

async function write(
  db: Kysely<Tables>,
  told: readonly Told[],
  endpoints: readonly Subscription[],
  at: number,
): Promise<void> {
  const messages = told.flatMap((it) =>
    endpoints.filter((endpoint) => wants(endpoint, it.body.type, it.tenant)).map(({ id }) => ({ it, id })),
  );
  if (messages.length === 0) return;
  const before = await earlierOf(db, [...new Set(messages.map(({ it }) => it.image))]);
  const rows = messages.map(({ it: { image, tenant, body, metadata }, id }) => {
    const earlier = before.find((row) => row.image_id === image && row.endpoint === id);
    return {
      id: randomUUID(),
      endpoint: id,
      event: body.type,
      tenant,
      image_id: image,
      number: Number(earlier?.number ?? 0) + 1,
      body: JSON.stringify(body),
      metadata,
      status: 'waiting' as const,
      created_at: at,
      queued_at: at,
      // It comes after what waits for another try, so it need not be looked at before.
      due_at: Math.max(at, Number(earlier?.due_at ?? 0)),
      tries: 0,
      lease: null,
      tried_at: null,
      failure: null,
    };
  });
  const together = Math.floor(VALUES_PER_STATEMENT / Object.keys(rows[0] ?? {}).length);
  for (let from = 0; from < rows.length; from += together)
    await db
      .insertInto('webhook_messages')
      .values(rows.slice(from, from + together))
      .execute();
}

/** The last of what each endpoint was told of these images, and when what waits of it for another try is due. */
const earlierOf = (db: Kysely<Tables>, images: readonly ImageId[]) =>
  db
    .selectFrom('webhook_messages')
    .select(({ fn }) => [
      'image_id',
      'endpoint',
      fn.max<number>('number').as('number'),
      fn
        .max<number | null>('due_at')
        .filterWhere('status', '=', 'waiting')
        .filterWhere('lease', 'is', null)
        .as('due_at'),
    ])
    .where('image_id', 'in', images)
    .groupBy(['image_id', 'endpoint'])
    .execute();

/** Of an erased image nothing is told any more but that it is gone. */
export async function forgetWebhooksOf(db: Kysely<Tables>, image: ImageId): Promise<void> {
  await db
    .deleteFrom('webhook_messages')
    .where('image_id', '=', image)
    .where('event', '!=', 'image.deleted')
    .execute();
}

/** The same of all images of a tenant that are gone. */
export async function forgetWebhooksOfTenant(db: Kysely<Tables>, tenant: Tenant): Promise<void> {
  await db
    .deleteFrom('webhook_messages')
    .where('tenant', '=', tenant)
    .where('event', '!=', 'image.deleted')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('images').select('images.id').whereRef('images.id', '=', 'webhook_messages.image_id'),
        ),
      ),
    )
    .execute();
}
