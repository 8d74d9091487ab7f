import { z } from 'zod';

/** A point of the upright picture, from 0, 0 (left, top) to 1, 1. */
export const Focus = z.object({ x: z.number().min(0).max(1), y: z.number().min(0).max(1) });
export type Focus = z.infer<typeof Focus>;
