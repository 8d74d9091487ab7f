import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { ErasureAnswer } from '../contract/answers.ts';
import { ProblemBody } from '../problem.ts';
import type { Arguments } from './erase-arguments.ts';
import { OutOfReach, Refused } from './service-client.ts';

/** A restart of the service, with its recovery, takes far less; so does a database that is written anew. */
const PATIENCE_MS = 60_000;
const ASK_AGAIN_MS = 500;

export type Erased = z.infer<typeof ErasureAnswer>;

/** What the command asks of the service. */
export interface EraseClient {
  /** To ask again erases nothing twice. @throws {Refused} @throws {OutOfReach} */
  erase(limit: number): Promise<Erased>;
}

export function eraseClient(
  { url, tenant, metadata, before, 'keep-traces': keepsTraces }: Arguments,
  key: string | null = null,
  patienceMs = PATIENCE_MS,
): EraseClient {
  const colon = metadata?.indexOf(':') ?? -1;
  const asked = {
    tenant,
    ...(metadata && { metadata: { field: metadata.slice(0, colon), value: metadata.slice(colon + 1) } }),
    ...(before && { before }),
    rewriteDatabase: !keepsTraces,
  };
  return {
    async erase(limit) {
      const deadline = performance.now() + patienceMs;
      while (true) {
        const answer = await attempt(new URL('/erasures', url), { ...asked, limit }, key);
        if (answer instanceof Response && answer.ok) return ErasureAnswer.parse(await answer.json());
        const why = answer instanceof Response ? await detailOf(answer) : answer.message;
        if (answer instanceof Response && answer.status < 500) throw new Refused(why);
        if (performance.now() > deadline) throw new OutOfReach(`${url} does not answer: ${why}`);
        await sleep(ASK_AGAIN_MS);
      }
    },
  };
}

/** An error where there was no whole answer. */
async function attempt(address: URL, asked: object, key: string | null): Promise<Response | Error> {
  try {
    const headers = new Headers(key === null ? {} : { authorization: `Bearer ${key}` });
    const answer = await fetch(address, { method: 'POST', headers, body: JSON.stringify(asked) });
    return new Response(await answer.arrayBuffer(), answer);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function detailOf(answer: Response): Promise<string> {
  const problem = ProblemBody.safeParse(await answer.json().catch(() => null));
  return problem.success ? problem.data.detail : `it answers with ${answer.status}`;
}
