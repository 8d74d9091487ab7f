import { z } from 'zod';

/** Why addresses of an image are not right any more: the picture is gone, or another one is there. */
export const ChangeReason = z.enum(['deleted', 'erased', 'expired', 'reprocessed']);
export type ChangeReason = z.infer<typeof ChangeReason>;
