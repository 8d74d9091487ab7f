import { Readable } from 'node:stream';
import type { Context } from 'hono';
import { dropRest } from './drop-rest.ts';
import type { HttpRuntime } from './http-server.ts';

/** What we use of Bun's global; its types would clash with Node's. */
interface BunGlobal {
  serve(options: {
    hostname: string;
    port: number;
    idleTimeout: number;
    maxRequestBodySize: number;
    fetch(request: Request, server: BunServer): Response | Promise<Response>;
  }): BunServer;
}

interface BunServer {
  port: number;
  stop(closeActive?: boolean): Promise<void>;
  requestIP(request: Request): { address: string } | null;
}

/** Bun's most, in seconds; our own patience is shorter, and answers with a 408. */
const IDLE_TIMEOUT_SECONDS = 255;

export const bunRuntime: HttpRuntime = {
  async listen(app, { host, port }) {
    const { Bun } = globalThis as unknown as { Bun: BunGlobal };
    const server = Bun.serve({
      hostname: host,
      port,
      idleTimeout: IDLE_TIMEOUT_SECONDS,
      // The intake counts, and says the limit; Bun would cut at 128 MiB without a word.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      fetch: async (request, instance) => {
        // Bun takes any Host, and gives a URL without one where it cannot be read; Node answers this by itself.
        if (!URL.canParse(request.url)) return new Response(null, { status: 400 });
        const response = await app.fetch(request, { server: instance });
        if (request.body) await dropRest(bodyOf(request), Number.POSITIVE_INFINITY);
        return withLength(response);
      },
    });
    return {
      port: server.port,
      stop: () => server.stop(false),
      cut: () => void server.stop(true),
    };
  },

  bodyOf: (context: Context) => bodyOf(context.req.raw),

  peerOf: (context: Context) => {
    const { server } = context.env as { server: BunServer };
    // A connection that has broken has none any more.
    return server.requestIP(context.req.raw)?.address ?? 'gone';
  },
};

/** A web stream has one reader: the one who answers drops what the intake has left unread. */
const bodies = new WeakMap<Request, Readable>();

function bodyOf(request: Request): Readable {
  const body = bodies.get(request) ?? (request.body ? Readable.fromWeb(request.body) : Readable.from([]));
  bodies.set(request, body);
  return body;
}

/** A variant is smaller than this: large ones are 1600 pixels wide. */
const MOST_HELD_BYTES = 4 * 1024 * 1024;

/** Bun sends a stream in chunks and drops its Content-Length, so a body of known and moderate length is sent whole. */
async function withLength(response: Response): Promise<Response> {
  const length = response.headers.get('content-length');
  if (response.body === null || length === null || Number(length) > MOST_HELD_BYTES) return response;
  return new Response(await response.arrayBuffer(), response);
}
