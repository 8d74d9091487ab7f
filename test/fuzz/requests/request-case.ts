import { mutateBytes } from '../pictures/bytes.ts';
import type { Random } from '../random.ts';
import { type Draft, draftOf } from './drafts.ts';
import { framingHeader, type Header, oneHeader } from './headers.ts';
import type { Known } from './known.ts';
import { ROUTES } from './routes.ts';
import { mutateEncoding, mutateText, oddText } from './texts.ts';

/** A request as it goes over the wire. */
export interface RequestCase {
  route: string;
  bytes: Buffer;
  isHead: boolean;
  /** It is HTTP, and all there: whoever sends it has to get an answer. */
  isWellFormed: boolean;
  /** Where the bytes are cut into the pieces that they are sent in. */
  cuts: number[];
}

/** Who asks. */
export interface Keys {
  /** May do all. */
  all: string;
  /** Others that are known, and may do less. */
  less: readonly string[];
}

const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'DELETE',
  'PUT',
  'PATCH',
  'OPTIONS',
  'TRACE',
  'QUERY',
  'get',
  'PROPFIND',
];

/** Of each hundred: how many have bytes changed in the middle of what is HTTP, or headers that frame it otherwise. */
const RAW = 0.12;
const MISFRAMED = 0.1;
const CHUNKED = 0.15;
const IN_PIECES = 0.15;
const TOO_LARGE = 0.01;
/** Characters that a server takes in a target or in a header. */
const MOST_PLAIN = 4_000;
/** Pieces of a body that are chunks (RFC 9112, section 7.1). */
const CHUNK_BYTES = 700;

/** @param picture that uploads bring */
export function requestCase(known: Known, picture: Buffer, keys: Keys, random: Random): RequestCase {
  const route = random.pick(ROUTES);
  const key = random.chance(0.9) ? keys.all : random.pick(keys.less);
  const draft = draftOf(route, known, picture, key, random);
  for (let changes = random.pick([0, 1, 1, 1, 2, 3]); changes > 0; changes--) change(draft, random);
  const isMisframed = random.chance(MISFRAMED);
  const target = targetOf(draft, random);
  const whole = written(draft, target, isMisframed, random);
  const isRaw = random.chance(RAW);
  const bytes = isRaw ? mutateBytes(whole, random) : whole;
  return {
    route: `${route.method} ${route.path}`,
    bytes,
    isHead: draft.method === 'HEAD',
    isWellFormed: !isRaw && !isMisframed && isPlain(draft, target),
    cuts: random.chance(IN_PIECES) ? cutsOf(bytes, random) : [],
  };
}

function change(draft: Draft, random: Random): void {
  random.weighted([
    [2, () => (draft.method = random.pick(METHODS))],
    [
      3,
      () =>
        (draft.path = random.chance(0.5)
          ? mutateEncoding(draft.path, random)
          : mutatePath(draft.path, random)),
    ],
    [4, () => changeQuery(draft, random)],
    [6, () => draft.headers.push(oneHeader(random, draft.body))],
    [1, () => draft.headers.splice(random.below(draft.headers.length), 1)],
    [
      2,
      () =>
        (draft.headers = draft.headers.map(([name, value]) => [
          name,
          random.chance(0.5) ? mutateText(value, random) : value,
        ])),
    ],
    [1, () => (draft.body = mutateBytes(draft.body, random))],
    [1, () => (draft.body = random.bytes(random.pick([0, 1, 100, 5_000])))],
  ])();
}

function mutatePath(path: string, random: Random): string {
  const parts = path.split('/');
  const at = random.below(parts.length);
  return parts.map((part, index) => (index === at ? encodeURI(mutateText(part, random)) : part)).join('/');
}

function changeQuery({ query }: Draft, random: Random): void {
  const at = random.below(query.length);
  const old = query[at];
  if (old && random.chance(0.6)) query[at] = [old[0], mutateText(old[1], random)];
  else
    query.push([
      random.pick(['preset', 'limit', 'cursor', 'since', 'ticket', 'status', oddText(random)]),
      oddText(random),
    ]);
}

/** Path and query, encoded as they should be, mostly. */
function targetOf({ path, query }: Draft, random: Random): string {
  const encode = (text: string) =>
    random.chance(0.9) ? encodeURIComponent(text) : mutateEncoding(text, random);
  const pairs = query.map((pair) => pair.map(encode).join('='));
  return pairs.length > 0 ? `${path}?${pairs.join('&')}` : path;
}

/** RFC 9112, with what is wrong in it put in on purpose. */
function written(draft: Draft, target: string, isMisframed: boolean, random: Random): Buffer {
  const isChunked = draft.body.length > 0 && random.chance(CHUNKED);
  const headers = [
    ['Host', 'localhost'],
    ['Connection', 'close'],
    isChunked ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', String(draft.body.length)],
    ...draft.headers,
  ];
  if (isMisframed) headers.splice(random.below(headers.length + 1), random.below(2), framingHeader(random));
  if (random.chance(TOO_LARGE)) headers.push(['X-Large', 'x'.repeat(random.pick([8_000, 20_000, 100_000]))]);
  const version = isMisframed ? random.pick(['HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/1.9']) : 'HTTP/1.1';
  const head = `${draft.method} ${target} ${version}\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), isChunked ? chunked(draft.body) : draft.body]);
}

function chunked(body: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; at += CHUNK_BYTES) {
    const piece = body.subarray(at, at + CHUNK_BYTES);
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
  }
  return Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')]);
}

/** Nothing in its head that a server may end the connection for: RFC 9110 and RFC 9112, sections 3 and 5. */
function isPlain({ method, headers }: Draft, target: string): boolean {
  const isPlainHeader = ([name, value]: Header) =>
    /^[\w-]+$/.test(name) && /^[\t\x20-\x7e]*$/.test(value) && value.length < MOST_PLAIN;
  const isPlainTarget = /^\/[\x21-\x7e]*$/.test(target) && target.length < MOST_PLAIN;
  return /^[A-Z]+$/.test(method) && method !== 'TRACE' && isPlainTarget && headers.every(isPlainHeader);
}

const cutsOf = (bytes: Buffer, random: Random): number[] =>
  Array.from({ length: random.between(1, 4) }, () => random.below(bytes.length)).sort(
    (one, other) => one - other,
  );
