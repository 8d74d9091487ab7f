import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { Readable } from 'node:stream';
import { heldToContract } from './contract.ts';
import type { RunningService } from './service.ts';

export interface RawRequest {
  method?: string;
  headers?: OutgoingHttpHeaders;
  /** Without one, nothing of a body is sent. A stream goes chunked where no Content-Length is given. */
  body?: Buffer | AsyncIterable<Buffer>;
  /** Sends the headers and what there is of a body, and then stands still instead of ending the request. */
  standStill?: boolean;
}

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  milliseconds: number;
}

const connectionOfItsOwn = new Agent({ keepAlive: false });

/**
 * A request below `fetch`, with a connection of its own: it says what length it likes, stands still, and reads an
 * answer that comes before all is sent. Rejects when the connection ends without a whole answer.
 */
export function rawRequest(
  service: RunningService,
  path: string,
  options: RawRequest = {},
): Promise<RawAnswer> {
  const { method = 'POST', headers = {}, body = Buffer.alloc(0), standStill = false } = options;
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
  const begin = performance.now();
  const outgoingUrl = new URL(path, service.url);
  const outgoing = request(outgoingUrl, { method, headers, agent: connectionOfItsOwn });
  const content = Readable.from(Buffer.isBuffer(body) ? [body] : body);
  outgoing.once('response', (incoming) => {
    const pieces: Buffer[] = [];
    incoming.on('data', (piece: Buffer) => pieces.push(piece));
    incoming.once('error', reject);
    incoming.once('end', () => {
      const { statusCode: status = 0, headers: received } = incoming;
      const milliseconds = performance.now() - begin;
      const text = Buffer.concat(pieces).toString();
      const answer = { status, headers: received, body: text, milliseconds };
      heldToContract(method, outgoingUrl, responseOf(answer)).then(() => resolve(answer), reject);
      content.destroy();
      outgoing.destroy();
    });
  });
  // After the answer these are only about what was left to send, and change nothing.
  outgoing.on('error', reject);
  content.on('error', reject);
  outgoing.flushHeaders();
  content.pipe(outgoing, { end: !standStill });
  return promise;
}

function responseOf({ status, headers, body }: RawAnswer): Response {
  const hasBody = ![204, 304].includes(status);
  const kept = ['content-type', 'x-request-id'].flatMap((name) => {
    const value = headers[name];
    return typeof value === 'string' ? [[name, value] as [string, string]] : [];
  });
  return new Response(hasBody ? body : null, { status, headers: kept });
}

/** So many bytes, in pieces of 64 KiB, as they are asked for. */
export async function* zeros(bytes: number): AsyncGenerator<Buffer> {
  const piece = Buffer.alloc(64 * 1024);
  for (let left = bytes; left > 0; left -= piece.length)
    yield piece.subarray(0, Math.min(left, piece.length));
}
