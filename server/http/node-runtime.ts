import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { dropRest } from './drop-rest.ts';
import type { HttpRuntime } from './http-server.ts';
import { ABOUT_TO_ASK_MS, LOOK_EVERY_MS, limitConnections } from './limits.ts';
import { RequestGate } from './request-gate.ts';

/** A burst of new connections waits here while the loop is busy; Linux cuts it to net.core.somaxconn, 4096. */
const BACKLOG = 4096;

/** All of a small photo. */
const AT_ONCE_BYTES = 1024 * 1024;

export const nodeRuntime: HttpRuntime = {
  async listen(app, { host, port, limits, faults }) {
    const gate = new RequestGate(faults);
    const answer = getRequestListener(async (request, env) => {
      const { incoming } = env as HttpBindings;
      const response = await app.fetch(request, env);
      if (waiting.delete(incoming)) response.headers.set('connection', 'close');
      else if (!incoming.complete && isEndless(response)) void dropRest(incoming, AT_ONCE_BYTES);
      else if (!incoming.complete) return lingering(response, incoming);
      return response;
    });
    // Node refuses a request without a host, and goes on with what comes behind it: we do not.
    const options = { connectionsCheckingInterval: LOOK_EVERY_MS, requireHostHeader: false };
    const server = createServer(options, (incoming, outgoing) => {
      if (gate.lets(incoming, outgoing)) void answer(incoming, outgoing);
    });
    server.on('checkContinue', (incoming, outgoing) => {
      waiting.set(incoming, outgoing);
      server.emit('request', incoming, outgoing);
    });
    // RFC 9110, section 10.1.1: of nothing else is it known what a client expects.
    server.on('checkExpectation', (incoming, outgoing) => {
      if (!gate.lets(incoming, outgoing)) return;
      outgoing.shouldKeepAlive = false;
      outgoing.writeHead(417).end();
    });
    const endUnasked = limitConnections(server, limits, faults);
    server.listen({ host, port, backlog: BACKLOG });
    await once(server, 'listening');
    return {
      port: (server.address() as AddressInfo).port,
      stop: () =>
        new Promise((resolve) => {
          const late = setTimeout(endUnasked, ABOUT_TO_ASK_MS);
          server.close(() => {
            clearTimeout(late);
            resolve();
          });
          server.closeIdleConnections();
        }),
      cut: () => server.closeAllConnections(),
    };
  },

  /** Node's own stream: a web stream over it would cost a copy and a queue for each chunk. */
  bodyOf: (context: Context) => {
    const { incoming } = context.env as HttpBindings;
    waiting.get(incoming)?.writeContinue();
    waiting.delete(incoming);
    return incoming;
  },

  cut: (context: Context) => {
    (context.env as HttpBindings).incoming.socket.destroy();
    return true;
  },

  // A connection that has broken has none any more.
  peerOf: (context: Context) => (context.env as HttpBindings).incoming.socket.remoteAddress ?? 'gone',
};

/**
 * Clients that wait to be told to send their body: RFC 9110, section 10.1.1. Whoever gets another answer may send it all the same,
 * or not, so that nothing can follow on the connection.
 */
const waiting = new WeakMap<IncomingMessage, ServerResponse>();

const isEndless = ({ headers }: Response): boolean => headers.get('content-type') === 'text/event-stream';

/** The same answer, whole at once to whoever reads it, but ended only when the client has stopped sending. */
async function lingering(response: Response, incoming: IncomingMessage): Promise<Response> {
  const content = new Uint8Array(await response.arrayBuffer());
  const headers = new Headers(response.headers);
  headers.set('content-length', String(content.length));
  const body = new ReadableStream({
    async start(controller) {
      controller.enqueue(content);
      await dropRest(incoming, AT_ONCE_BYTES);
      controller.close();
    },
  });
  return new Response(body, { status: response.status, headers });
}
