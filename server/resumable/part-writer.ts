import type { HoldId } from '../../shared/domain/ids.ts';
import type { ResumableUpload, UploadPart } from '../../shared/domain/resumable.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { UploadParts } from '../../shared/storage/upload-parts.ts';
import { SpoolFile } from '../intake/spool-file.ts';
import type { SpoolMemory } from '../intake/spool-memory.ts';
import { goesOnElsewhere, uploadEnded } from './refusals.ts';

/** A break, or the death of the service, costs less than this of what a request has brought, in bytes. */
export const PART_BYTES = 1024 * 1024;

/** A last part that is smaller is put anew with what follows: else one byte a request would leave millions of parts. */
const CARRIED_BYTES = 64 * 1024;

export interface WriterParts {
  store: JobStore;
  parts: UploadParts;
  /** Folder on the volume of the parts. */
  spoolPath: string;
  spoolMemory: SpoolMemory;
}

/**
 * Adds what one request brings to an upload: each part is kept, and then named by the record of the upload. So whatever is answered
 * is on the disk, and what is not named is garbage.
 */
export class PartWriter {
  readonly #upload: ResumableUpload;
  readonly #hold: HoldId;
  readonly #with: WriterParts;
  readonly #isAtOnce: boolean;
  #spool: SpoolFile;
  #parts: UploadPart[];
  /** Kept, and not named yet. */
  #unnamed: UploadPart[] = [];
  /** The one whose bytes are at the beginning of the next one. */
  #carried: UploadPart | null = null;
  #received: number;

  /** @param isAtOnce what comes is named as a whole, by {@link finish}, or not at all */
  constructor(upload: ResumableUpload, hold: HoldId, parts: WriterParts, isAtOnce: boolean) {
    this.#upload = upload;
    this.#hold = hold;
    this.#with = parts;
    this.#isAtOnce = isAtOnce;
    this.#parts = upload.parts;
    this.#received = upload.received;
    this.#spool = this.#newSpool();
  }

  /** Bytes of the upload that are named. */
  get received(): number {
    return this.#received;
  }

  /** To be called once, before the first byte. @throws {Problem | StoreError} */
  async begin(): Promise<void> {
    const last = this.#parts.at(-1);
    if (!last || last.bytes >= CARRIED_BYTES) return;
    const bytes = await this.#with.parts.read(this.#upload.id, last);
    if (!bytes) throw uploadEnded(null);
    for await (const piece of bytes) await this.#spool.write(piece);
    this.#parts = this.#parts.slice(0, -1);
    this.#carried = last;
  }

  /** @throws {Problem} when another request goes on with the upload @throws {StoreError} */
  async write(piece: Uint8Array): Promise<void> {
    for (let taken = 0; taken < piece.length; ) {
      const part = piece.subarray(taken, taken + PART_BYTES - this.#spool.bytes);
      await this.#spool.write(part);
      taken += part.length;
      if (this.#spool.bytes < PART_BYTES) continue;
      await this.#keep();
      if (!this.#isAtOnce) await this.#name();
    }
  }

  /** Keeps and names all that has come. @throws as {@link write} */
  async finish(): Promise<void> {
    if (this.#spool.bytes > (this.#unnamed.length > 0 ? 0 : (this.#carried?.bytes ?? 0))) await this.#keep();
    await this.#name();
  }

  /** Lets go of what is not named. It never rejects: what cannot be removed now goes with the upload. */
  async dispose(): Promise<void> {
    await this.#spool.dispose().catch(() => {});
    for (const part of this.#unnamed) await this.#with.parts.remove(this.#upload.id, part).catch(() => {});
  }

  async #keep(): Promise<void> {
    const spool = this.#spool;
    const part = { hold: this.#hold, at: this.#bytesOfParts(), bytes: spool.bytes };
    await spool.toDisk();
    await this.#with.parts.keep(this.#upload.id, part, spool.path);
    spool.takenOver();
    await spool.dispose();
    this.#parts = [...this.#parts, part];
    this.#unnamed.push(part);
    this.#spool = this.#newSpool();
  }

  async #name(): Promise<void> {
    if (this.#unnamed.length === 0) return;
    const { id } = this.#upload;
    if (!(await this.#with.store.addToUpload(id, this.#hold, this.#parts))) throw goesOnElsewhere();
    this.#unnamed = [];
    this.#received = this.#bytesOfParts();
    if (this.#carried) await this.#with.parts.remove(id, this.#carried).catch(() => {});
    this.#carried = null;
  }

  #bytesOfParts(): number {
    const last = this.#parts.at(-1);
    return last ? last.at + last.bytes : 0;
  }

  #newSpool(): SpoolFile {
    return new SpoolFile(this.#with.spoolPath, PART_BYTES, this.#with.spoolMemory);
  }
}
