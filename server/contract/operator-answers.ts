import { z } from 'zod';
import { Sha256, Tenant } from '../../shared/domain/ids.ts';
import { DeliveryStatus, EndpointId, WebhookEvent } from '../../shared/domain/webhook.ts';
import { Next, Path, Time } from './values.ts';

/** What operators get. */

export const QuarantinedAnswer = z
  .object({
    sha256: Sha256,
    decoder: z.string(),
    signal: z.string().nullable(),
    exitCode: z.int().nullable(),
    quarantinedAt: Time,
    links: z.object({ self: Path, image: Path, job: Path }),
  })
  .meta({
    id: 'Quarantined',
    description: 'Bytes that have killed their decoder twice, and are refused since.',
  });

export const QuarantinePage = z
  .object({ quarantined: z.array(QuarantinedAnswer), next: Next })
  .meta({ id: 'QuarantinePage' });

export const ReprocessPage = z
  .object({
    queued: z.int().min(0),
    skipped: z.int().min(0).describe('They have what the preset makes now, or are on their way to it'),
    originalGone: z.int().min(0).describe('Of the skipped: their originals have not been kept'),
    next: Next,
  })
  .meta({ id: 'ReprocessPage' });

export const ReprocessCountAnswer = z
  .object({
    total: z.int().min(0),
    current: z.int().min(0).describe('They have what the preset makes now'),
    pending: z.int().min(0),
    failed: z.int().min(0),
    failedJobs: z.array(Path).describe('Some of these'),
    originalGone: z
      .int()
      .min(0)
      .describe('They have the variants of before for good, as their originals have not been kept'),
  })
  .meta({ id: 'ReprocessCount' });

export const ErasureAnswer = z
  .object({
    images: z.int().min(0),
    files: z.int().min(0).describe('Originals and variants'),
    bytes: z.int().min(0),
    quarantined: z.int().min(0).describe('Bytes that were refused'),
    keys: z.int().min(0).describe('Idempotency keys'),
    jobs: z.int().min(0),
    uploads: z.int().min(0).describe('Resumable ones, open or ended'),
    failed: z
      .array(z.object({ file: z.string(), why: z.string() }))
      .describe('Files that could not be removed; the next call tries again'),
    waitSeconds: z
      .int()
      .min(0)
      .nullable()
      .describe('Until a run of an erased image that still goes on has ended for certain; null: none does'),
    database: z
      .enum(['overwritten', 'freed', 'in_use'])
      .nullable()
      .describe('What has become of the bytes of its records; null: not all are forgotten yet'),
    verified: z.boolean().describe('This call has looked for all that could be left, and found nothing'),
  })
  .meta({ id: 'Erasure' });
export const UsageAnswer = z
  .object({
    tenant: Tenant,
    images: z.int().min(0),
    bytes: z.int().min(0).describe('Of all that is kept'),
    originalBytes: z.int().min(0),
    variantBytes: z.int().min(0).describe('Those that several images share count once'),
    quota: z.object({ bytes: z.int().nullable(), images: z.int().nullable() }).describe('Null: no limit'),
  })
  .meta({ id: 'Usage', description: 'What a tenant has, and may have.' });

export const WebhookEndpointAnswer = z
  .object({
    id: EndpointId,
    origin: z.string().describe('Where it is; the rest of its address may be secret'),
    tenant: Tenant.nullable().describe('Null: it is told of all'),
    events: z.array(WebhookEvent),
    disabled: z
      .object({ at: Time, why: z.string() })
      .nullable()
      .describe('It has said by 410 that it wants nothing any more'),
    succeededAt: Time.nullable(),
    failed: z.object({ at: Time, why: z.string() }).nullable().describe('The last try that has failed'),
    waiting: z.int().min(0).describe('What it is still to be told'),
    oldestSeconds: z.int().min(0).nullable().describe('How long that has waited which has waited longest'),
    links: z.object({ deliveries: Path }),
  })
  .meta({ id: 'WebhookEndpoint' });

export const WebhookEndpoints = z
  .object({ endpoints: z.array(WebhookEndpointAnswer) })
  .meta({ id: 'WebhookEndpoints' });

export const DeliveryAnswer = z
  .object({
    id: z.uuid().describe('Its `webhook-id`'),
    event: WebhookEvent,
    status: DeliveryStatus,
    tries: z.int().min(0),
    createdAt: Time,
    queuedAt: Time.describe('Later than `createdAt` where it was to be told again'),
    triedAt: Time.nullable(),
    dueAt: Time.nullable().describe('When it is tried again, or later; null: it does not wait'),
    failure: z.string().nullable().describe('Why the last try has failed'),
    links: z.object({ image: Path }),
  })
  .meta({ id: 'Delivery' });

export const DeliveryPage = z
  .object({ deliveries: z.array(DeliveryAnswer), next: Next })
  .meta({ id: 'DeliveryPage' });

export const ReplayPage = z.object({ queued: z.int().min(0), next: Next }).meta({ id: 'ReplayPage' });
