import { z } from 'zod';
import { Tenant } from './ids.ts';

/** What a tenant has: images that are not deleted, and the bytes of the files that are kept of them. */
export const Usage = z.object({
  tenant: Tenant,
  images: z.int().min(0),
  /** Of originals that are kept. */
  originalBytes: z.int().min(0),
  /** Of published sets, each once, however many images show it. */
  variantBytes: z.int().min(0),
});
export type Usage = z.infer<typeof Usage>;

/** The most that a tenant may have; null: no limit. Bytes are of originals and variants together. */
export const Quota = z.object({ bytes: z.int().min(1).nullable(), images: z.int().min(1).nullable() });
export type Quota = z.infer<typeof Quota>;

/** Why an upload does not fit, with what there was before it. */
export interface OverQuota {
  over: keyof Quota;
  limit: number;
  used: number;
}

export const nothingUsed = (tenant: Tenant): Usage => ({
  tenant,
  images: 0,
  originalBytes: 0,
  variantBytes: 0,
});

/**
 * Whether one more image fits.
 * @param bytes of its original; its variants are counted when they are made, and no upload is refused for them
 */
export function overQuota(quota: Quota, usage: Usage, bytes: number): OverQuota | null {
  const usedBytes = usage.originalBytes + usage.variantBytes;
  if (quota.images !== null && usage.images + 1 > quota.images)
    return { over: 'images', limit: quota.images, used: usage.images };
  if (quota.bytes !== null && usedBytes + bytes > quota.bytes)
    return { over: 'bytes', limit: quota.bytes, used: usedBytes };
  return null;
}
