import { Agent, request } from 'node:http';

/** Less than what servers wait for the next request, five seconds in Node: one that they close may just be taken again. */
const IDLE_MS = 2_000;

/** Connections that are kept: what opening them costs is not what is measured. */
const agent = new Agent({ keepAlive: true, maxSockets: 64, timeout: IDLE_MS });

export interface Answer {
  status: number;
  body: Buffer;
}

/** The generator has to share the cores with what it measures, so it does as little as it can. */
export function exchange(
  url: URL,
  method: 'GET' | 'POST',
  body: Buffer | null = null,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body ? { 'content-length': body.length } : {};
    const outgoing = request(url, { agent, method, headers: { ...headers, ...length } }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks) }));
      incoming.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body ?? undefined);
  });
}

export const closeConnections = () => agent.destroy();
