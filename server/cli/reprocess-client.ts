import { z } from 'zod';
import type { ReprocessSettings } from './reprocess-settings.ts';
import { ServiceClient } from './service-client.ts';

const Page = z.object({ queued: z.int(), skipped: z.int(), next: z.string().nullable() });
export type Page = z.infer<typeof Page>;

const Count = z.object({
  total: z.int(),
  current: z.int(),
  pending: z.int(),
  failed: z.int(),
  /** The links of some. */
  failedJobs: z.array(z.string()),
  /** They cannot be made anew. Services of before do not say. */
  originalGone: z.int().default(0),
});
export type Count = z.infer<typeof Count>;

/** What the command asks of the service. */
export interface ReprocessClient {
  /** Queues a page; to ask again for the same one queues nothing twice. */
  queue(cursor: string | null, limit: number): Promise<Page>;
  /** `tookMs`: the time of the request that was answered, without those before it that were not. */
  count(): Promise<Count & { tookMs: number }>;
}

export function reprocessClient(
  { url, preset, since }: ReprocessSettings,
  key: string | null = null,
  patienceMs?: number,
): ReprocessClient {
  const service = new ServiceClient(url, key, patienceMs);
  const about = { preset, ...(since && { since }) };
  return {
    async queue(cursor, limit) {
      const page = { limit: String(limit), ...(cursor && { cursor }) };
      return Page.parse((await service.ask('POST', '/reprocess', { ...about, ...page })).json);
    },
    async count() {
      const { json, tookMs } = await service.ask('GET', '/reprocess', about);
      return { ...Count.parse(json), tookMs };
    },
  };
}
