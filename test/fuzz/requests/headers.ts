import { createHash } from 'node:crypto';
import type { Random } from '../random.ts';
import { mutateText, oddText } from './texts.ts';

export type Header = [name: string, value: string];

/** What stands in the headers that a route reads, when it is as it should be. */
const GOOD: Record<string, (random: Random, body: Buffer) => string> = {
  range: (random) => `bytes=${random.below(200)}-${random.pick(['', String(random.below(400))])}`,
  'if-range': () => `"${'0'.repeat(64)}"`,
  'if-none-match': (random) => random.pick(['*', `"${'a'.repeat(64)}", W/"b"`]),
  accept: (random) =>
    random.pick(['image/avif,image/webp,*/*;q=0.8', 'image/webp', 'text/html', 'image/*;q=0.1']),
  prefer: (random) => random.pick(['wait=1', 'respond-async, wait=2', 'wait="1"', 'return=minimal']),
  'idempotency-key': (random) => `"${random.below(40)}"`,
  'content-digest': (_, body) => `sha-256=:${createHash('sha256').update(body).digest('base64')}:`,
  'repr-digest': (_, body) => `sha-512=:${createHash('sha512').update(body).digest('base64')}:`,
  'x-request-id': (random) => `fuzz.${random.below(1_000)}`,
  origin: (random) => random.pick(['https://shop.example', 'https://evil.example', 'null']),
  'access-control-request-method': (random) => random.pick(['POST', 'PUT']),
  authorization: () => 'Bearer dk_nobody',
  cookie: () => 'a=b',
  'content-encoding': (random) => random.pick(['gzip', 'br', 'identity']),
  'x-forwarded-for': () => '203.0.113.7',
  te: () => 'trailers',
};

export const HEADERS = Object.keys(GOOD);

/** A header that is read, with a value that is good or nearly so. */
export function oneHeader(random: Random, body: Buffer): Header {
  const name = random.pick(HEADERS);
  const good = GOOD[name]?.(random, body) ?? '';
  return [name, random.chance(0.4) ? good : random.chance(0.7) ? mutateText(good, random) : oddText(random)];
}

/** Those that say where a request ends, or what becomes of the connection: a server may answer them with its end. */
export function framingHeader(random: Random): Header {
  const name = random.pick([
    'Content-Length',
    'Transfer-Encoding',
    'Host',
    'Expect',
    'Upgrade',
    'Connection',
    'Content-Type',
  ]);
  const value = random.pick([
    'chunked',
    'chunked, chunked',
    'gzip, chunked',
    '0',
    '5',
    '-1',
    '1e3',
    '99999999999',
    '100-continue',
    'websocket',
    'keep-alive',
    'close',
    'h2c',
    'a:b:c',
    '[::1]:x',
    '',
    oddText(random),
  ]);
  return [name, value];
}
