import { z } from 'zod';
import { ChangeReason } from './change-reason.ts';
import { ImageId, JobId, Tenant } from './ids.ts';
import { Metadata, Variant } from './image.ts';
import { FailureCode, type JobState } from './job.ts';

/** What an endpoint is called in addresses, metrics and the log. */
export const EndpointId = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_-]{0,31}$/,
    'a name of at most 32 small letters, digits, - and _, which does not begin with - or _',
  )
  .brand<'EndpointId'>();
export type EndpointId = z.infer<typeof EndpointId>;

export const WEBHOOK_EVENTS = [
  'image.ready',
  'image.failed',
  'image.quarantined',
  'image.deleted',
  'image.changed',
] as const;
export const WebhookEvent = z.enum(WEBHOOK_EVENTS);
export type WebhookEvent = z.infer<typeof WebhookEvent>;

/** What an endpoint is told of. */
export const Subscription = z.object({
  id: EndpointId,
  /** Null: of all. */
  tenant: Tenant.nullable(),
  events: z.array(WebhookEvent).min(1),
});
export type Subscription = z.infer<typeof Subscription>;

/** What it tells of the end of a job; an end that is not here is not told. */
export const EVENT_OF_END: Partial<Record<JobState, WebhookEvent>> = {
  succeeded: 'image.ready',
  failed: 'image.failed',
  quarantined: 'image.quarantined',
};

/**
 * - `waiting`: to be told, or told again
 * - `delivered`: the endpoint has taken it
 * - `given_up`: it has not within the time that there is
 */
export const DELIVERY_STATUSES = ['waiting', 'delivered', 'given_up'] as const;
export const DeliveryStatus = z.enum(DELIVERY_STATUSES);
export type DeliveryStatus = z.infer<typeof DeliveryStatus>;

const Path = z.string().regex(/^\//);

/** Of an image that is there: it was uploaded, or is made anew. */
const JobReason = z.enum(['uploaded', 'reprocessed']);

const ofJob = {
  imageId: ImageId,
  jobId: JobId,
  tenant: Tenant,
  reason: JobReason,
  links: z.object({ self: Path, job: Path }),
  /** What the client has sent with it; null: nothing, or the image has been deleted since. */
  metadata: Metadata.nullable().default(null),
};

const told = <E extends WebhookEvent, T extends z.ZodRawShape>(type: E, data: T) =>
  z.object({ type: z.literal(type), timestamp: z.iso.datetime(), data: z.object(data) });

/** The body of what is sent, as Standard Webhooks has it: small, and without an address that is signed. */
export const WebhookBody = z.discriminatedUnion('type', [
  told('image.ready', {
    ...ofJob,
    status: z.literal('succeeded'),
    variants: z.array(Variant.extend({ url: Path })),
  }),
  told('image.failed', { ...ofJob, status: z.literal('failed'), failure: FailureCode.nullable() }),
  told('image.quarantined', { ...ofJob, status: z.literal('quarantined'), failure: FailureCode.nullable() }),
  told('image.deleted', {
    imageId: ImageId,
    tenant: Tenant,
    status: z.literal('deleted'),
    reason: ChangeReason.exclude(['reprocessed']),
  }),
  told('image.changed', {
    imageId: ImageId,
    tenant: Tenant,
    reason: ChangeReason,
    /** Whoever has kept what was there has to forget it. Where addresses are signed, each stands for all its signatures. */
    urls: z.array(Path).min(1),
  }),
]);
export type WebhookBody = z.infer<typeof WebhookBody>;
