import { DataStore, Upload } from '@tus/server';
import { newHoldId, type UploadId } from '../../shared/domain/ids.ts';
import type { ResumableUpload } from '../../shared/domain/resumable.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { Caller } from '../access/caller.ts';
import type { Ticket } from '../access/tickets.ts';
import { Problem } from '../problem.ts';
import type { Incoming } from './receive-parts.ts';
import { noSuchUpload } from './refusals.ts';
import type { ResumableUploads, Standing } from './resumable-uploads.ts';

/** What is asked of an upload, by whom. */
export interface AskedUpload {
  id: UploadId;
  method: 'POST' | 'HEAD' | 'PATCH' | 'DELETE';
  caller: Caller;
  ticket: Ticket | null;
  /** The header `Upload-Offset` of a PATCH, as far as it is a number. */
  offset: number | null;
  /** The value of `Upload-Metadata`, and what it says that is heeded, of a POST. */
  metadata: string;
  fields: Record<string, string>;
  /** To be called when its bytes are to be read, and not before. */
  incoming: () => Incoming;
  requestId: string;
  log: Logger;
}

/** The uploads as tus knows them, for one request. */
export class RequestStore extends DataStore {
  override readonly extensions = [
    'creation',
    'creation-with-upload',
    'expiration',
    'termination',
    'checksum',
  ];
  readonly #uploads: ResumableUploads;
  readonly #asked: AskedUpload;
  readonly #hold = newHoldId();
  #upload: ResumableUpload | null = null;
  #standing: Standing | null = null;

  constructor(uploads: ResumableUploads, asked: AskedUpload) {
    super();
    this.#uploads = uploads;
    this.#asked = asked;
  }

  /** That the request was about; null where it has come to none, or ended it. */
  get upload(): ResumableUpload | null {
    return this.#upload;
  }

  /** How it stands by now. */
  get standing(): Standing | null {
    return this.#standing;
  }

  override async create(file: Upload): Promise<Upload> {
    const { id, caller, ticket, metadata, fields } = this.#asked;
    const { resumableTtlS } = this.#uploads.limits;
    const now = Date.now();
    if (!file.size) throw new Problem('no_image', 'Upload-Length is 0: send the bytes of an image.');
    this.#upload = await this.#uploads.begin({
      id,
      tenant: caller.tenant,
      bytes: file.size,
      metadata,
      fields,
      createdAt: now,
      until: Math.min(now + resumableTtlS * 1000, ticket?.expiresAt ?? Number.POSITIVE_INFINITY),
    });
    if (this.#upload.bytes !== file.size || this.#upload.metadata !== metadata) {
      throw new Problem('ticket_used', 'This ticket has begun another upload: ask for another one.');
    }
    return file;
  }

  override async getUpload(): Promise<Upload> {
    const { id, caller, ticket, method, offset } = this.#asked;
    if (ticket && ticket.id !== id) throw noSuchUpload();
    const upload =
      method === 'PATCH' && offset !== null
        ? await this.#uploads.hold(id, caller.tenant, this.#hold, offset)
        : await this.#uploads.find(id, caller.tenant);
    this.#upload = upload;
    if (method === 'HEAD') await this.#stand(upload);
    return asTus(upload);
  }

  override async write(): Promise<number> {
    const { id, caller, incoming, method } = this.#asked;
    // One that is opened with its first bytes is nobody's yet.
    const upload =
      method === 'POST' ? await this.#uploads.hold(id, caller.tenant, this.#hold, 0) : this.#upload;
    if (!upload) throw noSuchUpload();
    const received =
      upload.received < upload.bytes ? await this.#uploads.add(upload, this.#hold, incoming()) : upload.bytes;
    if (received === upload.bytes) await this.#stand(await this.#uploads.find(id, caller.tenant));
    return received;
  }

  override async remove(): Promise<void> {
    const { id, caller, ticket } = this.#asked;
    if (ticket && ticket.id !== id) throw noSuchUpload();
    await this.#uploads.remove(id, caller.tenant);
  }

  async #stand(upload: ResumableUpload): Promise<void> {
    this.#standing = await this.#uploads.standing(upload, this.#asked.requestId, this.#asked.log);
  }
}

/** What the client has said of it is answered as it was said, and not by the library. */
const asTus = ({ id, bytes, received }: ResumableUpload): Upload =>
  new Upload({ id, size: bytes, offset: received });
