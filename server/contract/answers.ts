import { z } from 'zod';
import { Description, PrivacyReceipt } from '../../shared/domain/description.ts';
import { Focus } from '../../shared/domain/focus.ts';
import { ImageId, JobId, RunId, Sha256, Tenant } from '../../shared/domain/ids.ts';
import { ImageHeader, Metadata, Name, Variant } from '../../shared/domain/image.ts';
import { SANDBOXES } from '../../shared/domain/isolation.ts';
import { FailureCode, JobState, RunOutcome } from '../../shared/domain/job.ts';
import { DeliveryStatus, EndpointId, WebhookEvent } from '../../shared/domain/webhook.ts';

/** What clients get: the schemas that the answers are typed by, and that the contract is made from. */

const Path = z.string().regex(/^\//).describe('A path of this service');
const Time = z.iso.datetime().describe('RFC 3339, in UTC');
const Next = z.string().nullable().describe('The `cursor` of the next page; null on the last one');

const { bytes, sha256 } = Variant.shape;

export const UploadAnswer = z
  .object({
    id: ImageId.describe('Of the image'),
    status: JobState.describe('Of its job: `queued`, unless `Prefer: wait` asked for more'),
    links: z.object({ self: Path, job: Path }),
  })
  .meta({ id: 'Accepted', description: 'The upload is kept, whatever happens from now on.' });

export const StandingAnswer = z
  .object({
    id: z.uuid().describe('Of the upload'),
    bytes: z.int().min(1).describe('That it has when it is whole'),
    offset: z.int().min(0).describe('Bytes that are kept'),
    expiresAt: Time,
    accepted: UploadAnswer.nullable().describe('What it has become; null: it is not whole yet'),
    links: z.object({ self: Path }),
  })
  .meta({ id: 'Standing', description: 'How far an upload is that may come in several requests.' });

export const ImageAnswer = z
  .object({
    id: ImageId,
    status: JobState.describe('`succeeded` as soon as there are variants; else that of its job'),
    failure: FailureCode.nullable(),
    createdAt: Time,
    expiresAt: Time.nullable().describe('Then it is deleted; null: never'),
    source: ImageHeader.extend({ bytes, sha256 }).describe(
      'The original: its size as stored, before orientation',
    ),
    original: z
      .object({
        kept: z.boolean(),
        until: Time.nullable().describe(
          'When it is going to be removed; null: it is not, as far as is known',
        ),
      })
      .describe('The uploaded file itself'),
    preset: Name,
    metadata: Metadata.nullable().describe('What the client has sent with it'),
    focus: Focus.nullable(),
    variants: z.array(Variant.extend({ url: Path, frames: z.int().min(1) })),
    thumbhash: Description.shape.thumbhash.nullable(),
    colour: Description.shape.colour.nullable().describe('The dominant one'),
    hasAlpha: z.boolean().nullable(),
    perceptualHash: Description.shape.perceptualHash.nullable(),
    quality: Description.shape.quality.nullable(),
    privacy: PrivacyReceipt.nullable(),
    links: z.object({ self: Path, job: Path, similar: Path }),
  })
  .meta({
    id: 'Image',
    description: 'The manifest of an image. What describes the picture is null until there are variants.',
  });

const { id, status, failure, createdAt, source, preset, metadata } = ImageAnswer.shape;

export const ListedImageAnswer = z
  .object({
    id,
    status,
    failure,
    createdAt,
    source,
    preset,
    metadata,
    links: z.object({ self: Path, job: Path }),
  })
  .meta({ id: 'ListedImage', description: 'An image without its variants, which its manifest has.' });

export const ImagePage = z
  .object({
    images: z.array(ListedImageAnswer),
    next: Next,
    complete: z
      .boolean()
      .describe(
        'False, for minutes after an upgrade: what was accepted before it is not all found by `metadata` yet',
      ),
  })
  .meta({ id: 'ImagePage' });

export const SimilarAnswer = z
  .object({
    perceptualHash: Description.shape.perceptualHash.nullable(),
    complete: z.boolean().describe('False: some may be missing'),
    similar: z.array(z.object({ id: ImageId, distance: z.int().min(0), links: z.object({ self: Path }) })),
  })
  .meta({
    id: 'Similar',
    description: 'Images whose perceptual hashes differ in few bits, the nearest first.',
  });

export const RunAnswer = z
  .object({
    id: RunId,
    node: z.string().optional().describe('Where there are several'),
    workerPid: z.int(),
    startedAt: Time,
    endedAt: Time.nullable(),
    milliseconds: z.int().nullable(),
    outcome: RunOutcome.nullable(),
    failure: FailureCode.nullable(),
    signal: z.string().nullable().describe('What its worker died of'),
    exitCode: z.int().nullable(),
    peakRssBytes: z.int().nullable(),
  })
  .meta({ id: 'Run', description: 'One try of a worker.' });

export const JobAnswer = z
  .object({
    id: JobId,
    imageId: ImageId,
    status: JobState,
    failure: FailureCode.nullable(),
    isBatch: z.boolean().describe('It comes after all that somebody waits for'),
    sharesRun: z.boolean().describe('The same bytes are decoded once: the run is of another image'),
    preset: Name,
    requestId: z.string(),
    createdAt: Time,
    updatedAt: Time,
    links: z.object({ self: Path, image: Path }),
  })
  .meta({ id: 'Job', description: 'The accepted work on one image.' });

export const JobWithRunsAnswer = JobAnswer.extend({ runs: z.array(RunAnswer) }).meta({ id: 'JobWithRuns' });

export const JobPage = z.object({ jobs: z.array(JobAnswer), next: Next }).meta({ id: 'JobPage' });

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

export const TicketAnswer = z
  .object({
    url: Path.describe('Takes one upload, without a key'),
    expiresAt: Time,
    maxBytes: z.int().min(1),
    preset: z.string().nullable(),
    expires: z.string().nullable().describe('When its image ends, as it was asked for'),
    put: z
      .object({ url: z.url(), contentType: z.string() })
      .optional()
      .describe('Of a direct ticket: where the bytes go by PUT, with this very type; then POST to `url`'),
  })
  .meta({ id: 'Ticket' });

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

export const Liveness = z.object({ status: z.literal('alive') }).meta({ id: 'Liveness' });

export const Readiness = z
  .object({
    status: z.enum(['ready', 'not ready']),
    reason: z.string().optional().describe('Why not'),
    workers: z
      .object({ atOnce: z.int(), ready: z.int(), idle: z.int(), running: z.int() })
      .optional()
      .describe('With `verbose`, of a node that has workers'),
    isolation: z
      .object({
        sandbox: z.enum(SANDBOXES),
        layers: z.array(z.string()),
        missing: z.array(z.object({ layer: z.string(), why: z.string() })),
      })
      .optional()
      .describe('With `verbose`: what stands between a worker and all else'),
  })
  .meta({ id: 'Readiness' });
