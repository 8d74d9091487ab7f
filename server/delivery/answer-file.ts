import type { ByteRange } from '../../shared/storage/image-storage.ts';
import { Problem } from '../problem.ts';

/** The headers of a request that decide what of a file is sent. */
export interface Conditions {
  method: string;
  ifNoneMatch: string | undefined;
  range: string | undefined;
  ifRange: string | undefined;
}

/** A file that never changes under its hash. */
export interface AnsweredFile {
  sha256: string;
  bytes: number;
  mediaType: string;
  /** Of every answer that is none by the bucket: `Cache-Control`, and what else it needs. */
  headers: Record<string, string>;
  /** Null: it is not there (any more). */
  read(range?: ByteRange): Promise<ReadableStream<Uint8Array> | null>;
  /** Sends the client to the bucket; null: it comes through us. */
  redirect: (() => Promise<Response>) | null;
}

/**
 * Answers with a file: all of it, a range of it, or that the client has it already (RFC 9110, sections 13 and 14).
 * The entity tag is strong: it is the hash of the bytes.
 * @returns null when the file was removed meanwhile
 * @throws {Problem} `range_not_satisfiable`
 */
export async function answerFile(file: AnsweredFile, conditions: Conditions): Promise<Response | null> {
  const etag = `"${file.sha256}"`;
  const headers = new Headers({ etag, 'accept-ranges': 'bytes', ...file.headers });
  if (matches(conditions.ifNoneMatch, etag)) return new Response(null, { status: 304, headers });

  if (file.redirect && conditions.method === 'GET') return file.redirect();
  const range = requestedRange(conditions, file.bytes, etag);
  const length = range ? range.end - range.start + 1 : file.bytes;
  headers.set('content-type', file.mediaType);
  headers.set('content-length', String(length));
  if (range) headers.set('content-range', `bytes ${range.start}-${range.end}/${file.bytes}`);
  const status = range ? 206 : 200;
  if (conditions.method === 'HEAD') return new Response(null, { status, headers });

  const body = await file.read(range);
  return body && new Response(body, { status, headers });
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
