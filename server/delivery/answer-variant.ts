import { MEDIA_TYPE, type PublishedSet, variantFileName } from '../../shared/domain/image.ts';
import type { DirectAccess } from '../../shared/storage/direct-access.ts';
import type { ByteRange } from '../../shared/storage/image-storage.ts';
import type { Reading } from '../access/reading.ts';
import { Problem } from '../problem.ts';
import { cacheControl } from './cache-control.ts';
import type { Choice } from './choose-variant.ts';
import type { Files } from './files.ts';

/** An address of the bucket lives so long, in seconds; and may be kept by caches for so long, if at all. */
const BUCKET_URL_S = 900;
const BUCKET_URL_KEPT_S = 300;

/** The headers of a request that decide what of a file is sent. */
export interface Conditions {
  method: string;
  ifNoneMatch: string | undefined;
  range: string | undefined;
  ifRange: string | undefined;
}

/**
 * Answers with a variant: all of it, a range of it, or that the client has it already (RFC 9110, sections 13 and 14).
 * The entity tag is strong: it is the hash of the bytes.
 * @returns null when the file was removed meanwhile
 * @throws {Problem} `range_not_satisfiable`
 */
export async function answerVariant(
  { storage, direct }: Files,
  set: PublishedSet,
  { variant, immutable, negotiated }: Choice,
  conditions: Conditions,
  reading: Reading,
): Promise<Response | null> {
  const etag = `"${variant.sha256}"`;
  const headers = new Headers({
    etag,
    'cache-control': cacheControl(reading, immutable),
    'accept-ranges': 'bytes',
  });
  if (negotiated) headers.set('vary', 'Accept');
  if (matches(conditions.ifNoneMatch, etag)) return new Response(null, { status: 304, headers });

  if (direct && conditions.method === 'GET') {
    return toTheBucket(direct, set, { variant, immutable, negotiated }, reading);
  }
  const range = requestedRange(conditions, variant.bytes, etag);
  const length = range ? range.end - range.start + 1 : variant.bytes;
  headers.set('content-type', MEDIA_TYPE[variant.format]);
  headers.set('content-length', String(length));
  if (range) headers.set('content-range', `bytes ${range.start}-${range.end}/${variant.bytes}`);
  const status = range ? 206 : 200;
  if (conditions.method === 'HEAD') return new Response(null, { status, headers });

  const body = await storage.readVariant(set.runId, variantFileName(variant), range);
  return body && new Response(body, { status, headers });
}

/** To a signed address; whoever keeps this answer has to ask again before that ends. */
async function toTheBucket(
  direct: DirectAccess,
  { runId }: PublishedSet,
  { variant, immutable, negotiated }: Choice,
  reading: Reading,
): Promise<Response> {
  const location = await direct.readUrl(runId, variantFileName(variant), {
    seconds: BUCKET_URL_S,
    contentType: MEDIA_TYPE[variant.format],
    cacheControl: cacheControl(reading, immutable),
  });
  const who = reading.isByAddress ? 'public' : 'private';
  const headers = new Headers({ location, 'cache-control': `${who}, max-age=${BUCKET_URL_KEPT_S}` });
  if (negotiated) headers.set('vary', 'Accept');
  return new Response(null, { status: 302, headers });
}

/** The weak comparison of RFC 9110, section 8.8.3.2. */
function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}

/**
 * The one range that is asked for, cut to the file (RFC 9110, section 14.1.2). Undefined for the whole file, which also
 * answers several ranges, what is no valid range, and HEAD.
 */
function requestedRange(
  { method, range, ifRange }: Conditions,
  bytes: number,
  etag: string,
): ByteRange | undefined {
  if (method !== 'GET' || range === undefined || (ifRange !== undefined && ifRange !== etag))
    return undefined;
  const [, first, last] = /^bytes=\s*(\d*)-(\d*)\s*$/.exec(range) ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  if (first !== '' && last !== '' && Number(first) > Number(last)) return undefined;
  // Without a first position it is the length of the end of the file.
  const start = first === '' ? Math.max(0, bytes - Number(last)) : Number(first);
  const end = first === '' || last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1);
  if (start < bytes) return { start, end };
  throw new Problem('range_not_satisfiable', `The file has ${bytes} bytes.`, {
    headers: { 'content-range': `bytes */${bytes}` },
  });
}
