import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { errorCode } from '../../shared/errors.ts';
import { addressesOf } from './address-of.ts';

/** Nobody reads it: this is for who writes it. In bytes. */
const MOST_OF_ANSWER = 64 * 1024;

/** Nobody was there, so that nothing was sent. */
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL']);

export interface Posted {
  url: URL;
  headers: Record<string, string>;
  body: string;
  allowPrivate: boolean;
}

export interface Answer {
  status: number;
  retryAfter: string | undefined;
}

/**
 * Posts to an address that was looked at before it is connected to, and follows no redirect.
 * @throws {AddressRefused} before anything is connected to
 * @throws whatever keeps an answer from coming, the end of the signal among it
 */
export async function post(posted: Posted, signal: AbortSignal): Promise<Answer> {
  const addresses = await aborted(addressesOf(posted.url.hostname, posted), signal);
  for (const [at, address] of addresses.entries()) {
    try {
      return await postTo(address, posted, signal);
    } catch (error) {
      if (!NOT_CONNECTED.has(errorCode(error) ?? '') || at === addresses.length - 1) throw error;
    }
  }
  throw new Error('it has no address');
}

async function postTo(address: string, { url, headers, body }: Posted, signal: AbortSignal): Promise<Answer> {
  const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)({
    host: address,
    port: url.port || undefined,
    path: `${url.pathname}${url.search}`,
    method: 'POST',
    headers: { ...headers, host: url.host, 'content-length': String(Buffer.byteLength(body)) },
    // Its certificate has to be of the name, whatever the address.
    ...(isIP(address) && !isIP(url.hostname.replace(/[[\]]/g, '')) && { servername: url.hostname }),
    agent: false,
    signal,
  });
  request.end(body);
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  discard(answer);
  return { status: answer.statusCode ?? 0, retryAfter: answer.headers['retry-after'] };
}

/** What is still to come of it may be cut off. */
function discard(answer: IncomingMessage): void {
  let bytes = 0;
  answer.on('error', () => {});
  answer.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MOST_OF_ANSWER) answer.destroy();
  });
}

/** What cannot be ended is waited for no longer. */
function aborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason);
    signal.addEventListener('abort', end, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}
