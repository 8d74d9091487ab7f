import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ClientFaults } from './client-faults.ts';

/** Of a connection. Node's own bound tells the client so, and then keeps it. */
const MOST_REQUESTS = 1_000;

/** Of a request; as many as Bun takes. */
const MOST_FIELDS = 200;

/**
 * What a request of Node has to pass before it is one. What Node takes and a proxy before us may have read as other requests is
 * refused, and its connection ends.
 */
export class RequestGate {
  readonly #faults: ClientFaults;
  readonly #asked = new WeakMap<Socket, number>();
  readonly #ending = new WeakSet<Socket>();

  constructor(faults: ClientFaults) {
    this.#faults = faults;
  }

  /** False: nobody else is to answer it. */
  lets(request: IncomingMessage, response: ServerResponse): boolean {
    const { socket } = request;
    if (this.#ending.has(socket)) {
      // It came along with the last one. No more is read, however long that one takes.
      socket.pause();
      return false;
    }
    const asked = (this.#asked.get(socket) ?? 0) + 1;
    this.#asked.set(socket, asked);
    const status = refusalOf(request);
    // What comes in the same piece behind a question for another protocol Node drops: no answer may be taken for its.
    if (status !== null || asked === MOST_REQUESTS || request.headers.upgrade !== undefined) {
      this.#ending.add(socket);
      response.shouldKeepAlive = false;
    }
    if (status === null) return true;
    this.#faults.count(status === 431 ? 'fields_too_large' : 'ambiguous');
    response.writeHead(status).end();
    return false;
  }
}

function refusalOf({ httpVersion, headers, rawHeaders }: IncomingMessage): 400 | 431 | 505 | null {
  // Node takes any version whose bytes it can read.
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return 505;
  if (rawHeaders.length > 2 * MOST_FIELDS) return 431;
  const coding = headers['transfer-encoding'];
  // RFC 9112, section 6.1: no other coding is known here, and of HTTP/1.0 the framing is faulty.
  if (coding !== undefined && (httpVersion === '1.0' || coding.toLowerCase() !== 'chunked')) return 400;
  // RFC 9112, section 3.2.
  const hosts = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length;
  return hosts > 1 || (hosts === 0 && httpVersion === '1.1') ? 400 : null;
}
