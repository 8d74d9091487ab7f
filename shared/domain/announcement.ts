import { z } from 'zod';
import { ImageId } from './ids.ts';

/** Why paths are not right any more: the picture is gone, or another one is there. */
export const ChangeReason = z.enum(['deleted', 'erased', 'expired', 'reprocessed']);
export type ChangeReason = z.infer<typeof ChangeReason>;

/** What a cache in front of us is told. */
export const Purge = z.object({
  reason: ChangeReason,
  image: ImageId,
  /** Of this service. Where addresses are signed, each stands for all its signatures. */
  urls: z.array(z.string().regex(/^\//)),
});
export type Purge = z.infer<typeof Purge>;

/** Whom an announcement is for. */
export const Topic = z.enum(['purge']);
export type Topic = z.infer<typeof Topic>;
