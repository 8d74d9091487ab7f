import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'hono';
import { dropRest } from './drop-rest.ts';
import type { HttpRuntime } from './http-server.ts';
import { ABOUT_TO_ASK_MS, KEEP_ALIVE_MS } from './limits.ts';

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
  /** Those that are not answered yet. */
  pendingRequests: number;
  stop(closeActive?: boolean): Promise<void>;
  requestIP(request: Request): { address: string } | null;
  /** How long the connection of a request may stand still; 0 is for ever. */
  timeout(request: Request, seconds: number): void;
}

const KEEP_ALIVE_S = KEEP_ALIVE_MS / 1000;

export const bunRuntime: HttpRuntime = {
  async listen(app, { host, port, faults }) {
    const { Bun } = globalThis as unknown as { Bun: BunGlobal };
    const server = Bun.serve({
      hostname: host,
      port,
      // For connections without a request, and for clients that take no answer. The fields of one have 10 s, which is Bun's own.
      idleTimeout: KEEP_ALIVE_S,
      // The intake counts, and says the limit; Bun would cut at 128 MiB without a word.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      fetch: async (request, instance) => {
        // Bun takes any Host, and gives a URL without one where it cannot be read; Node answers this by itself.
        if (!URL.canParse(request.url)) return new Response(null, { status: 400 });
        if (request.headers.get('host')?.includes(',')) {
          faults.count('ambiguous');
          return new Response(null, { status: 400, headers: { connection: 'close' } });
        }
        // Our own patience with a body is another, and answers with a 408.
        instance.timeout(request, 0);
        try {
          const response = await app.fetch(request, { server: instance });
          if (request.body) await dropRest(bodyOf(request), Number.POSITIVE_INFINITY);
          return await withLength(response);
        } finally {
          instance.timeout(request, KEEP_ALIVE_S);
        }
      },
    });
    return {
      port: server.port,
      stop: () => stopped(server),
      cut: () => void server.stop(true),
    };
  },

  bodyOf: (context: Context) => bodyOf(context.req.raw),

  /** Bun has no way to its connections; one on which nothing goes any more ends after this. */
  cut: (context: Context) => {
    const { server } = context.env as { server: BunServer };
    server.timeout(context.req.raw, 1);
    return false;
  },

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

/** Bun waits for connections on which nothing comes, or no more of a request: once nobody waits for an answer, they are ended. */
async function stopped(server: BunServer): Promise<void> {
  const ended = server.stop(false).then(() => true);
  while (!(await Promise.race([ended, sleep(ABOUT_TO_ASK_MS, false)]))) {
    if (server.pendingRequests === 0) return server.stop(true);
  }
}
