import { z } from 'zod';
import { Description, PrivacyReceipt } from '../../shared/domain/description.ts';
import { Focus } from '../../shared/domain/focus.ts';
import { ImageId, JobId, RunId } from '../../shared/domain/ids.ts';
import { ImageHeader, Metadata, Name, Variant } from '../../shared/domain/image.ts';
import { SANDBOXES } from '../../shared/domain/isolation.ts';
import { FailureCode, JobState, RunOutcome } from '../../shared/domain/job.ts';
import { Next, Path, Time } from './values.ts';

/** What clients get, but for what is in operator-answers.ts: the schemas that the answers are typed by, and that the contract is made from. */

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
