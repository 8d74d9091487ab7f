import { z } from 'zod';
import { ClaimId, ImageId, JobId, Sha256, Tenant } from './ids.ts';
import { JobState } from './job.ts';

/** What a client calls a request that it may have to repeat: draft-ietf-httpapi-idempotency-key-header-07. */
export const IdempotencyKey = z.string().min(1).max(255).brand<'IdempotencyKey'>();
export type IdempotencyKey = z.infer<typeof IdempotencyKey>;

/** An answer is kept for so long, in milliseconds; the same key is a new request after that. */
export const KEY_KEPT_MS = 24 * 60 * 60 * 1000;

/** A request that has come with a key, and until when, in milliseconds since 1970, nobody else may use it. */
export const KeyClaim = z.object({ id: ClaimId, tenant: Tenant, key: IdempotencyKey, until: z.int() });
export type KeyClaim = z.infer<typeof KeyClaim>;

/** What the first request with a key was, and what it was answered. */
export const FirstAnswer = z.object({
  /** Of its bytes and parameters: another request may not use the key. */
  fingerprint: Sha256,
  job: z.object({ id: JobId, imageId: ImageId, state: JobState }),
});
export type FirstAnswer = z.infer<typeof FirstAnswer>;
