import type { Readable } from 'node:stream';
import type { Sha256, Tenant, UploadId } from '../../shared/domain/ids.ts';
import { Problem } from '../problem.ts';
import { BodyDigest, type DigestFields } from './body-digest.ts';
import { bodyFault } from './body-fault.ts';
import { type Patience, readBody } from './body-reader.ts';
import { readMultipart } from './multipart.ts';
import { SpoolFile, TooManyBytes } from './spool-file.ts';
import type { SpoolMemory } from './spool-memory.ts';
import type { UploadOnItsWay } from './uploads-in-progress.ts';

/** What a form may hold around its image: boundaries, part headers, text fields, and what clients put before and after. */
const FORM_OVERHEAD_BYTES = 256 * 1024;

export interface IncomingUpload {
  contentType: string | undefined;
  /** As the client declares it; the bytes are counted all the same. */
  contentLength: number | undefined;
  /** To be called when it is to be read, and not before: then a client that has asked whether to send it is told to. */
  body: () => Readable | Promise<Readable>;
  /** It lies in the storage already, and is not sent again with a request that is repeated. */
  isStored: boolean;
  digests: DigestFields;
  /** Whose image it will be. */
  tenant: Tenant;
  /** It may wait for as long as others want the workers. */
  isBatch: boolean;
  /** What it comes with in the place of a key. */
  ticket: UploadTicket | null;
  /** Which one it is that has come in several requests, and lies here: it has its place, and is not asked to wait for one. */
  resumed?: UploadId;
  /** The field `Idempotency-Key`. */
  idempotencyKey: string | undefined;
  /** Parameters of the URL, which stand for the text fields of a form when the body is the image itself. */
  query: ReadonlyMap<string, string>;
}

/** What a ticket allows: one upload. */
export interface UploadTicket {
  id: string;
  maxBytes: number;
  /** Null: as the client says. */
  preset: string | null;
  /** When the image ends, as `ExpiresText` has it. Null: as the client says. */
  expires: string | null;
}

export interface ReceiveLimits extends Patience {
  maxUploadBytes: number;
  /** Folder on the volume of the originals. */
  spoolPath: string;
  spoolMemory: SpoolMemory;
}

export interface ReceivedUpload {
  tenant: Tenant;
  isBatch: boolean;
  hasPlace: boolean;
  spool: SpoolFile;
  sha256: Sha256;
  fields: ReadonlyMap<string, string>;
}

const isForm = (contentType = ''): boolean => /^multipart\/form-data\s*;/i.test(contentType);

/** The picture of an upload has so many bytes at the least, by what is declared of it. */
export const leastBytes = ({ contentType, contentLength = 0 }: IncomingUpload): number =>
  Math.max(0, contentLength - (isForm(contentType) ? FORM_OVERHEAD_BYTES : 0));

/**
 * Streams an upload into the spool, in constant memory whatever its size. Where it is refused, nothing is left of it.
 * @throws {Problem | StoreError}
 */
export async function receive(
  upload: IncomingUpload,
  limits: ReceiveLimits,
  onItsWay: UploadOnItsWay,
): Promise<ReceivedUpload> {
  const { contentType = '', contentLength = 0, ticket } = upload;
  const { spoolPath } = limits;
  const maxUploadBytes = Math.min(limits.maxUploadBytes, ticket?.maxBytes ?? limits.maxUploadBytes);
  const hasForm = isForm(contentType);
  if (!hasForm && !/^image\//i.test(contentType)) {
    throw new Problem(
      'malformed_request',
      'Send multipart/form-data with the field "image", or the image as the body with its type as Content-Type.',
    );
  }
  const maxBodyBytes = maxUploadBytes + (hasForm ? FORM_OVERHEAD_BYTES : 0);
  if (contentLength > maxBodyBytes) throw tooManyBytes(maxUploadBytes);

  const digest = new BodyDigest(upload.digests);
  const spool = new SpoolFile(spoolPath, maxUploadBytes, limits.spoolMemory);
  try {
    const chunks = digest.through(
      capped(readBody(await upload.body(), limits, onItsWay.signal), maxBodyBytes, onItsWay),
    );
    const fields = hasForm
      ? await readMultipart({ 'content-type': contentType }, chunks, spool)
      : await readRaw(chunks, spool, upload.query);
    digest.check();
    const { preset = null, expires = null } = ticket ?? {};
    const byTicket = Object.entries({ preset, expires }).filter(
      (it): it is [string, string] => it[1] !== null,
    );
    return {
      tenant: upload.tenant,
      isBatch: upload.isBatch,
      hasPlace: upload.resumed !== undefined,
      spool,
      fields: new Map([...fields, ...byTicket]),
      sha256: await spool.finish(),
    };
  } catch (error) {
    await spool.dispose();
    throw asProblem(error, { ...limits, maxUploadBytes });
  }
}

async function readRaw(
  chunks: AsyncIterable<Uint8Array>,
  spool: SpoolFile,
  query: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string>> {
  for await (const chunk of chunks) {
    await spool.write(chunk);
    release(chunk);
  }
  if (spool.bytes === 0) throw new Problem('no_image', 'The body is empty: send the bytes of an image.');
  return query;
}

/** Gives its memory back at once: a large body would have V8 collect all garbage, and again, while it comes. */
function release({ buffer, length }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === length) buffer.transfer(0);
}

async function* capped(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
  onItsWay: UploadOnItsWay,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    onItsWay.received(chunk.length);
    if (bytes > maxBytes) throw new TooManyBytes();
    yield chunk;
  }
  onItsWay.ended();
}

function asProblem(error: unknown, { maxUploadBytes, ...patience }: ReceiveLimits): unknown {
  return error instanceof TooManyBytes ? tooManyBytes(maxUploadBytes) : bodyFault(error, patience);
}

function tooManyBytes(limit: number): Problem {
  return new Problem('too_many_bytes', `An image may have at most ${limit} bytes.`, {
    members: { limit },
    // What is still on its way is not worth reading.
    headers: { connection: 'close' },
  });
}
