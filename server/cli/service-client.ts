import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ProblemBody } from '../problem.ts';
import type { Arguments } from './reprocess-arguments.ts';

/** A restart of the service, with its recovery, takes far less. */
const PATIENCE_MS = 60_000;
const ASK_AGAIN_MS = 500;

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

/** The service refuses what it is asked for; the message is its own. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** Nobody has answered for long. */
export class OutOfReach extends Error {
  override readonly name = 'OutOfReach';
}

export function reprocessClient(
  { url, preset, since }: Arguments,
  key: string | null = null,
  patienceMs = PATIENCE_MS,
): ReprocessClient {
  const ask = async (method: 'GET' | 'POST', query: Record<string, string>) => {
    const address = new URL('/reprocess', url);
    address.search = new URLSearchParams({ preset, ...(since && { since }), ...query }).toString();
    const deadline = performance.now() + patienceMs;
    while (true) {
      const begin = performance.now();
      const answer = await attempt(address, method, key);
      if (answer instanceof Response && answer.ok) {
        const json: unknown = await answer.json();
        return { json, tookMs: performance.now() - begin };
      }
      if (answer instanceof Response && answer.status < 500) throw new Refused(await detailOf(answer));
      const why = answer instanceof Response ? await detailOf(answer) : answer.message;
      if (performance.now() > deadline) throw new OutOfReach(`${url} does not answer: ${why}`);
      await sleep(ASK_AGAIN_MS);
    }
  };
  return {
    queue: async (cursor, limit) =>
      Page.parse((await ask('POST', { limit: String(limit), ...(cursor && { cursor }) })).json),
    async count() {
      const { json, tookMs } = await ask('GET', {});
      return { ...Count.parse(json), tookMs };
    },
  };
}

/** An error where there was no whole answer: the service may be starting again. */
async function attempt(address: URL, method: string, key: string | null): Promise<Response | Error> {
  try {
    const headers = new Headers(key === null ? {} : { authorization: `Bearer ${key}` });
    const answer = await fetch(address, { method, headers });
    return new Response(await answer.arrayBuffer(), answer);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function detailOf(answer: Response): Promise<string> {
  const problem = ProblemBody.safeParse(await answer.json().catch(() => null));
  return problem.success ? problem.data.detail : `it answers with ${answer.status}`;
}
