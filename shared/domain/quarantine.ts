import { z } from 'zod';
import { ImageId, JobId, Sha256, Tenant } from './ids.ts';

/** What decodes, and in which version: another one may well read what this one dies of. */
export const Decoder = z.string().min(1).max(100);
export type Decoder = z.infer<typeof Decoder>;

/** Bytes that have killed their decoder in both of their tries. They are refused for this tenant from then on. */
export const Quarantined = z.object({
  tenant: Tenant,
  sha256: Sha256,
  decoder: Decoder,
  /** The image and the job that they came with first. */
  imageId: ImageId,
  jobId: JobId,
  /** What the worker died of the last time: a signal, or else its exit code. */
  signal: z.string().nullable(),
  exitCode: z.int().nullable(),
  /** Milliseconds since 1970. */
  at: z.int(),
});
export type Quarantined = z.infer<typeof Quarantined>;
export type QuarantinedBytes = Pick<Quarantined, 'tenant' | 'sha256'>;
