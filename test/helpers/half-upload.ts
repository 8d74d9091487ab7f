import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { eventually } from './eventually.ts';
import { filesBelow } from './files-below.ts';
import type { RunningService } from './service.ts';
import { Accepted } from './upload.ts';

export interface HalfUpload {
  /** Sends the rest; gives the answer. */
  finish(): Promise<{ status: number; connection: string | undefined; accepted: Accepted }>;
  hangUp(): void;
}

/**
 * Sends half of an image over a connection that would be kept, and resolves when the service has begun to receive it:
 * more than an upload may have in memory, so that it is in the spool.
 */
export async function startUpload(
  service: RunningService,
  path: string,
  headers: Record<string, string> = {},
): Promise<HalfUpload> {
  const bytes = await readFile(path);
  const half = Math.floor(bytes.length / 2);
  const outgoing = request(new URL('/upload', service.url), {
    method: 'POST',
    headers: { 'content-type': 'image/jpeg', 'content-length': bytes.length, ...headers },
    agent: new Agent({ keepAlive: true }),
  });
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  // Looked at by finish(); a connection that breaks before must not end the test run.
  answered.catch(() => {});
  outgoing.on('error', () => {});
  outgoing.write(bytes.subarray(0, half));
  await eventually(
    'a file in the spool',
    async () => (await filesBelow(join(service.folder, 'spool'))).length > 0,
  );
  return {
    hangUp: () => outgoing.destroy(),
    async finish() {
      outgoing.end(bytes.subarray(half));
      const [incoming] = await answered;
      const accepted = Accepted.parse(JSON.parse(await text(incoming)));
      return { status: incoming.statusCode ?? 0, connection: incoming.headers.connection, accepted };
    },
  };
}
