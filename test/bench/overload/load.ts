import { Agent, request } from 'node:http';
import { setInterval, setTimeout as sleep } from 'node:timers/promises';
import { uniqueTrailer } from '../../helpers/unique-bytes.ts';

/** What a generator has seen. */
export interface Seen {
  accepted: number;
  /** From the first byte sent to the last byte of the answer. */
  refusedMs: number[];
  /** Answers that are neither, and connections that broke, by what they are. */
  other: Record<string, number>;
}

/** Uploads that are due are sent so often. */
const TICK_MS = 10;

/** A client that was refused tries again after so long: often enough for no worker to wait for it. */
const AGAIN_MS = 20;

/** As many clients as that, each sending its next picture when it has its answer. */
export async function closedLoop(url: string, picture: Buffer, clients: number, ms: number): Promise<Seen> {
  const [seen, agent] = [nothing(), new Agent({ keepAlive: true })];
  const until = performance.now() + ms;
  const client = async () => {
    while (performance.now() < until) {
      const refused = seen.refusedMs.length;
      await send(url, picture, agent, seen);
      if (seen.refusedMs.length > refused) await sleep(AGAIN_MS);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  return seen;
}

/** So many uploads a second, whatever becomes of those before them. */
export async function openLoop(url: string, picture: Buffer, perSecond: number, ms: number): Promise<Seen> {
  const [seen, agent] = [nothing(), new Agent({ keepAlive: true })];
  const begin = performance.now();
  const sent: Promise<void>[] = [];
  for await (const _ of setInterval(TICK_MS)) {
    const passed = performance.now() - begin;
    if (passed >= ms) break;
    const due = Math.floor((passed / 1000) * perSecond);
    while (sent.length < due) sent.push(send(url, picture, agent, seen));
  }
  await Promise.all(sent);
  agent.destroy();
  return seen;
}

/** How long a probe takes, again and again. */
export async function probe(url: string, everyMs: number, signal: AbortSignal): Promise<number[]> {
  const took: number[] = [];
  while (!signal.aborted) {
    const begin = performance.now();
    const answer = await fetch(`${url}/livez`);
    await answer.text();
    took.push(answer.status === 200 ? performance.now() - begin : Number.POSITIVE_INFINITY);
    await sleep(everyMs, undefined, { signal }).catch(() => {});
  }
  return took;
}

const nothing = (): Seen => ({ accepted: 0, refusedMs: [], other: {} });

function send(url: string, picture: Buffer, agent: Agent, seen: Seen): Promise<void> {
  const trailer = uniqueTrailer();
  const headers = { 'content-type': 'image/jpeg', 'content-length': picture.length + trailer.length };
  const begin = performance.now();
  return new Promise((resolve) => {
    const count = (what: string) => {
      seen.other[what] = (seen.other[what] ?? 0) + 1;
      resolve();
    };
    const upload = request(`${url}/upload`, { method: 'POST', headers, agent });
    upload.on('response', (answer) => {
      answer.resume().on('error', () => count('answer broke off'));
      answer.on('end', () => {
        if (answer.statusCode === 200) seen.accepted++;
        else if (answer.statusCode === 503) seen.refusedMs.push(performance.now() - begin);
        else return count(String(answer.statusCode));
        resolve();
      });
    });
    upload.on('error', (error: NodeJS.ErrnoException) => count(error.code ?? error.message));
    upload.cork();
    upload.write(picture);
    upload.end(trailer);
    upload.uncork();
  });
}
