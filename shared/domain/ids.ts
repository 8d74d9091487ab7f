import { randomUUID } from 'node:crypto';
import { z } from 'zod';

/**
 * Identifiers are random UUIDs (RFC 9562, version 4): 122 bits that nobody can guess or count.
 * Each kind has its own brand, so that one can never be passed where another is meant.
 */
export const ImageId = z.uuidv4().brand<'ImageId'>();
export type ImageId = z.infer<typeof ImageId>;

export const JobId = z.uuidv4().brand<'JobId'>();
export type JobId = z.infer<typeof JobId>;

export const RunId = z.uuidv4().brand<'RunId'>();
export type RunId = z.infer<typeof RunId>;

/** One request's hold on an idempotency key. */
export const ClaimId = z.uuidv4().brand<'ClaimId'>();
export type ClaimId = z.infer<typeof ClaimId>;

/** Of an upload that may come in several requests. */
export const UploadId = z.uuidv4().brand<'UploadId'>();
export type UploadId = z.infer<typeof UploadId>;

/** One request's hold on an upload: the latest one alone adds to it. */
export const HoldId = z.uuidv4().brand<'HoldId'>();
export type HoldId = z.infer<typeof HoldId>;

export const newImageId = (): ImageId => randomUUID() as string as ImageId;
export const newJobId = (): JobId => randomUUID() as string as JobId;
export const newRunId = (): RunId => randomUUID() as string as RunId;
export const newClaimId = (): ClaimId => randomUUID() as string as ClaimId;
export const newUploadId = (): UploadId => randomUUID() as string as UploadId;
export const newHoldId = (): HoldId => randomUUID() as string as HoldId;

/** Whose image it is. There is one tenant, `default`, where there are no API keys. */
export const Tenant = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/)
  .brand<'Tenant'>();
export type Tenant = z.infer<typeof Tenant>;
export const DEFAULT_TENANT = 'default' as string as Tenant;

/** 64 lower-case hexadecimal digits. */
export const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .brand<'Sha256'>();
export type Sha256 = z.infer<typeof Sha256>;

/** A request id as a client may send it in `X-Request-Id`: printable, without spaces, at most 128 characters. */
export const RequestId = z.string().regex(/^[A-Za-z0-9._:-]{1,128}$/);

/** The span that something belongs to, as W3C Trace Context writes it (section 3.2): version 00, trace, span, flags. */
export const TraceParent = z
  .string()
  .regex(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/)
  .brand<'TraceParent'>();
export type TraceParent = z.infer<typeof TraceParent>;
