import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { errorCode } from '../../shared/errors.ts';
import type { ClientFault, ClientFaults } from './client-faults.ts';

/** Longer than load balancers keep an idle connection (60 s is common): so that they close it, not we under them. */
export const KEEP_ALIVE_MS = 65_000;

/** How often connections are looked at that are late, so that they are so much later at the most. */
export const LOOK_EVERY_MS = 1_000;

/** Who has connected when the server closes, or has sent a part of a request, has so long for the rest of it. */
export const ABOUT_TO_ASK_MS = 1_000;

/** The part of all connections that is for those who come. When it is not free, who does nothing gives way. */
const ROOM = 0.1;

export interface Limits {
  /** Connections at once. */
  maxConnections: number;
  /** The fields of a request take at most so long. */
  headersTimeoutMs: number;
  /** A whole request, body included, takes at most so long. */
  requestTimeoutMs: number;
  /** Nothing is sent or taken for at most so long; longer than a request waits for its answer. */
  stillMs: number;
}

/**
 * Bounds what clients may take of a server of Node. The first bytes of a request are waited for as its fields are, and all
 * fields of one are 16 KiB at the most (Node's own bound).
 * @returns ends the connections on which nobody waits for an answer: once it is closed, Node itself never gives up a request of which
 *   it has a part, or nothing at all
 */
export function limitConnections(server: Server, limits: Limits, faults: ClientFaults): () => void {
  server.headersTimeout = limits.headersTimeoutMs;
  server.requestTimeout = limits.requestTimeoutMs;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.timeout = limits.stillMs;
  // Those that are too many are refused and not left out.
  server.maxHeadersCount = 0;
  server.maxConnections = limits.maxConnections;

  const room = limits.maxConnections * ROOM;
  const open = new Set<Socket>();
  /** Those that are awaited: there may be several on a connection. */
  const answers = new Map<ServerResponse, Socket>();
  /** Those that have not asked for anything yet, from the oldest. */
  const silent = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    if (open.size > limits.maxConnections - room) makeRoom();
    silent.add(socket);
    socket.on('error', (error) => faults.count(faultOf(error)));
    socket.once('timeout', () => {
      if (socket.writableLength > 0) faults.count('answer_not_taken');
    });
    socket.once('close', () => {
      open.delete(socket);
      silent.delete(socket);
    });
  });
  server.on('request', ({ socket }, response) => {
    silent.delete(socket);
    answers.set(response, socket);
    response.once('close', () => answers.delete(response));
  });
  server.on('drop', () => faults.count('too_many_connections'));

  return () => {
    const asking = new Set(answers.values());
    for (const socket of open) if (!asking.has(socket)) socket.destroy();
  };

  function makeRoom(): void {
    server.closeIdleConnections();
    const [oldest] = silent;
    // The others have just come, and are about to ask.
    if (!oldest || silent.size <= room) return;
    faults.count('crowded_out');
    silent.delete(oldest);
    oldest.destroy();
  }
}

/** By the codes of Node and of its parser, llhttp. Node has answered already: 400, 408, 413 or 431. */
function faultOf(error: Error): ClientFault {
  const code = errorCode(error) ?? '';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request_too_slow';
  if (code === 'HPE_HEADER_OVERFLOW' || code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return 'fields_too_large';
  return code.startsWith('HPE_') ? 'malformed' : 'reset';
}
