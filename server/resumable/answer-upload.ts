import type { Readable } from 'node:stream';
import { newUploadId, UploadId } from '../../shared/domain/ids.ts';
import type { PresetsByName } from '../../shared/presets/configured-presets.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { Caller } from '../access/caller.ts';
import type { Ticket } from '../access/tickets.ts';
import { declaredBytes } from '../intake/declared-bytes.ts';
import { Checksum } from './checksum.ts';
import { noSuchUpload } from './refusals.ts';
import type { AskedUpload } from './request-store.ts';
import type { ResumableUploads } from './resumable-uploads.ts';
import { answerByTus, type TusAnswer } from './tus.ts';
import { uploadFields } from './upload-fields.ts';

/** A request about an upload, and who asks. */
export interface UploadRequest {
  method: AskedUpload['method'];
  url: string;
  headers: Headers;
  /** To be called when it is to be read, and not before. */
  body: () => Readable;
  caller: Caller;
  ticket: Ticket | null;
  requestId: string;
  log: Logger;
}

/** Opens an upload, with its first bytes where the request has some. @throws {Problem | StoreError} */
export async function beginUpload(
  request: UploadRequest,
  uploads: ResumableUploads,
  presets: PresetsByName,
): Promise<Response> {
  const { headers, url, ticket } = request;
  const metadata = headers.get('upload-metadata') ?? '';
  const id = ticket ? UploadId.parse(ticket.id) : newUploadId();
  const most = Math.min(uploads.limits.maxUploadBytes, ticket?.maxBytes ?? Number.POSITIVE_INFINITY);
  // Where it is opened by a ticket, it is gone on with by that ticket.
  const query = ticket ? new URL(url).search : '';
  const fields = uploadFields(metadata, ticket, presets);
  const asked = askedOf(request, id, { metadata, fields });
  return told(await answerByTus(request, asked, uploads, { most, query }));
}

/** Tells how far an upload is, brings more of it, or ends it. @throws {Problem | StoreError} */
export async function goOnWithUpload(
  id: string,
  request: UploadRequest,
  uploads: ResumableUploads,
): Promise<Response> {
  const known = UploadId.safeParse(id);
  if (!known.success) throw noSuchUpload();
  const most = uploads.limits.maxUploadBytes;
  const asked = askedOf(request, known.data, { metadata: '', fields: {} });
  return told(await answerByTus(request, asked, uploads, { most, query: '' }));
}

function askedOf(
  { method, headers, body, caller, ticket, requestId, log }: UploadRequest,
  id: UploadId,
  said: Pick<AskedUpload, 'metadata' | 'fields'>,
): AskedUpload {
  const offset = headers.get('upload-offset');
  const checksum = Checksum.of(headers.get('upload-checksum') ?? undefined);
  const contentLength = declaredBytes(headers.get('content-length'));
  return {
    id,
    method,
    caller,
    ticket,
    offset: declaredBytes(offset) ?? null,
    ...said,
    incoming: () => ({ body: body(), contentLength, checksum }),
    requestId,
    log: log.child({ uploadId: id }),
  };
}

/** What the protocol leaves to us: until when it lives, what was said of it, and what it has become. */
function told({ answer, store }: TusAnswer): Response {
  const { upload, standing } = store;
  const { headers } = answer;
  if (standing?.accepted) headers.set('darkroom-image', `/images/${standing.accepted.image}`);
  else if (upload) headers.set('upload-expires', new Date(upload.until).toUTCString());
  if (upload && upload.metadata !== '' && headers.has('upload-length')) {
    headers.set('upload-metadata', upload.metadata);
  }
  headers.set('cache-control', 'no-store');
  return answer;
}
