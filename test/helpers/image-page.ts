import { z } from 'zod';

/** What the tests read of a page of images. */
export const ImagePage = z.object({
  images: z.array(
    z.looseObject({
      id: z.uuid(),
      status: z.string(),
      createdAt: z.iso.datetime(),
      metadata: z.record(z.string(), z.json()).nullable(),
      links: z.object({ self: z.string(), job: z.string() }),
    }),
  ),
  next: z.string().nullable(),
});
