import { createHash } from 'node:crypto';
import { Description } from '../../shared/domain/description.ts';
import { DEFAULT_TENANT, newImageId, newJobId, newRunId, Sha256 } from '../../shared/domain/ids.ts';
import type { Image, Manifest } from '../../shared/domain/image.ts';
import type { Job } from '../../shared/domain/job.ts';
import { DEFAULT_PRESET, recipeFor } from '../../shared/domain/preset.ts';
import { runMemoryBytes } from '../../shared/domain/run-memory.ts';
import type { AcceptedUpload, RunEnd, RunStart, SettledRun } from '../../shared/jobs/records.ts';

export const sha256Of = (bytes: string | Uint8Array): Sha256 =>
  Sha256.parse(createHash('sha256').update(bytes).digest('hex'));

/** Not that of any preset: a digest is a name that is compared. */
export const PRESET_DIGEST = sha256Of('a preset');

export type NewUpload = AcceptedUpload & { job: Job };

/** An upload as the intake hands it to the store, and the job that it becomes; what a test is about, it overrides. */
export function newUpload(
  given: {
    image?: Partial<Image>;
    job?: Partial<Job>;
    claim?: AcceptedUpload['claim'];
    needsTwin?: true;
  } = {},
): NewUpload {
  const id = newImageId();
  const image: Image = {
    id,
    tenant: DEFAULT_TENANT,
    sha256: sha256Of(id),
    bytes: 7,
    header: { format: 'png', width: 640, height: 480, frames: 1 },
    preset: 'default',
    metadata: null,
    focus: null,
    createdAt: 1_000,
    originalRemovedAt: null,
    expiresAt: null,
    ...given.image,
  };
  const job: Job = {
    id: newJobId(),
    imageId: image.id,
    preset: image.preset,
    state: 'queued',
    failure: null,
    isBatch: false,
    sharedRunOf: null,
    requestId: 'request-1',
    createdAt: image.createdAt,
    updatedAt: image.createdAt,
    ...given.job,
  };
  return {
    image,
    job,
    jobId: job.id,
    requestId: job.requestId,
    trace: job.trace,
    recipe: recipeFor(DEFAULT_PRESET, null),
    recipeDigest: PRESET_DIGEST,
    pipelineVersion: MANIFEST.pipelineVersion,
    isBatch: job.isBatch,
    memoryBytes: runMemoryBytes(image.header, DEFAULT_PRESET, null),
    claim: given.claim ?? null,
    needsTwin: given.needsTwin ?? false,
  };
}

/** Of which it is not known how its file is made. */
export const needOf = ({ tenant, header }: Image, preset = DEFAULT_PRESET) => ({
  tenant,
  memoryBytes: runMemoryBytes(header, preset, null),
});

export const newStart = (job: Job): RunStart => ({
  runId: newRunId(),
  jobId: job.id,
  workerPid: 42,
  at: 2_000,
});

export const DESCRIPTION: Description = Description.parse({
  thumbhash: 'HBkSHYSIeHiPiHh8eJd4eTN0EEQG',
  colour: '#40a0c0',
  perceptualHash: '0123456789abcdef',
  hasAlpha: false,
  quality: { sharpness: 12, brightness: 0.5, shadows: 0.01, highlights: 0.02, verdicts: [] },
});

export const MANIFEST: Manifest = {
  pipelineVersion: 1,
  variants: [
    {
      name: 'thumb',
      format: 'jpeg',
      width: 320,
      height: 240,
      bytes: 9,
      sha256: sha256Of('thumb'),
      frames: 1,
    },
  ],
  description: DESCRIPTION,
  privacy: { found: ['position'], removed: ['position'] },
};

export const DECODER = 'a decoder 1.0';

/** The end of a run that has made its variants. */
export const succeeded = ({ runId, jobId }: RunStart): RunEnd => ({
  runId,
  jobId,
  at: 3_000,
  outcome: 'succeeded',
  signal: null,
  exitCode: null,
  peakRssBytes: 1_000_000,
  failure: null,
  next: 'succeeded',
  retryInMs: 0,
  decoder: DECODER,
  published: { manifest: MANIFEST, recipeDigest: PRESET_DIGEST },
});

/** What the store answers to the end of a run that stands for itself. */
export const settledAlone = (keepsDirectory: boolean): SettledRun => ({
  keepsDirectory,
  followers: [],
  promoted: null,
  retiredSets: [],
});

/** The end of a run whose picture is bad. */
export const rejected = (start: RunStart): RunEnd => ({
  ...succeeded(start),
  outcome: 'rejected',
  failure: 'image_unreadable',
  next: 'failed',
  published: null,
});

/** The end of a run that is to be tried again. */
export const errored = (start: RunStart): RunEnd => ({
  ...succeeded(start),
  outcome: 'errored',
  failure: 'worker_error',
  next: 'queued',
  published: null,
});

export const crashed = (start: RunStart): RunEnd => ({
  ...errored(start),
  outcome: 'crashed',
  failure: 'worker_crashed',
  signal: 'SIGSEGV',
});
