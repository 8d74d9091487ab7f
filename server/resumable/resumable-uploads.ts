import type { HoldId, Tenant, UploadId } from '../../shared/domain/ids.ts';
import type { NewResumableUpload, ResumableUpload } from '../../shared/domain/resumable.ts';
import type { FoundUpload } from '../../shared/jobs/resumable/resumable.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { type QuotaOf, refuseBeyondQuota } from '../access/quotas.ts';
import { bodyFault } from '../intake/body-fault.ts';
import { type Patience, TooSlow } from '../intake/body-reader.ts';
import type { Intake } from '../intake/intake.ts';
import { draining, tooManyUploads } from '../intake/no-room.ts';
import { Problem } from '../problem.ts';
import { Completion } from './completion.ts';
import { PartWriter, type WriterParts } from './part-writer.ts';
import { type Incoming, receiveParts } from './receive-parts.ts';
import { goesOnElsewhere, noPlace, noSuchUpload, uploadEnded } from './refusals.ts';

export interface ResumableLimits extends Patience {
  maxUploadBytes: number;
  maxResumableUploads: number;
  resumableTtlS: number;
  quotaOf: QuotaOf;
  /** Whether there are several tenants. */
  isShared: boolean;
}

/** How an upload stands: by what is kept of it, and what it has become. */
export interface Standing {
  received: number;
  /** Null: it is not whole, or somebody is about to accept it. */
  accepted: ResumableUpload['accepted'];
}

/** A request that adds to an upload now, in this process. */
interface Writing {
  stop: AbortController;
  ended: Promise<unknown>;
}

/** Uploads that may come in several requests, at any node. Their record says how far they are, and everybody goes by that. */
export class ResumableUploads {
  readonly completion: Completion;
  readonly limits: ResumableLimits;
  readonly #with: WriterParts;
  readonly #intake: Intake;
  readonly #writing = new Map<UploadId, Writing>();
  #isClosed = false;

  constructor(writerParts: WriterParts, intake: Intake, limits: ResumableLimits) {
    this.#with = writerParts;
    this.#intake = intake;
    this.limits = limits;
    this.completion = new Completion(writerParts.store, writerParts.parts, intake);
  }

  /**
   * Takes a place for an upload, which it has until its picture is made.
   * @returns the one of this id that was there already
   * @throws {Problem} when there is no place, its tenant has what it may have, or it is at an end
   */
  async begin(upload: NewResumableUpload): Promise<FoundUpload> {
    const { maxResumableUploads: most, isShared, quotaOf } = this.limits;
    await refuseBeyondQuota(quotaOf, upload.tenant, upload.bytes, this.#with.store);
    const begun = await this.#with.store.beginUpload(upload, { most, isShared });
    if (begun === 'no_place') throw noPlace();
    return this.#atWork(begun);
  }

  /** @throws {Problem} when there is none, or it is at an end */
  async find(id: UploadId, tenant: Tenant): Promise<FoundUpload> {
    return this.#atWork(await this.#with.store.findUpload(id, tenant, Date.now()));
  }

  /** The same, with the sole right to add to it, if it has so many bytes. */
  async hold(id: UploadId, tenant: Tenant, hold: HoldId, received: number): Promise<FoundUpload> {
    const by = { id, tenant, hold, received, at: Date.now() };
    return this.#atWork(await this.#with.store.holdUpload(by));
  }

  /**
   * Adds what a request brings. When it resolves, no crash loses any of `received`; what has come before a break is kept, too.
   * @throws {Problem | StoreError} and what was kept before is kept
   */
  async add(upload: ResumableUpload, hold: HoldId, incoming: Incoming): Promise<number> {
    if (this.#isClosed) throw draining();
    this.#writing.get(upload.id)?.stop.abort(goesOnElsewhere());
    const stop = new AbortController();
    const adding = this.#add(upload, hold, incoming, stop.signal);
    const writing = { stop, ended: adding.catch(() => {}) };
    this.#writing.set(upload.id, writing);
    try {
      return await adding;
    } finally {
      if (this.#writing.get(upload.id) === writing) this.#writing.delete(upload.id);
    }
  }

  /**
   * Accepts the picture where all of it is here.
   * @throws {Problem} when it is refused; nothing of it is left then
   */
  async standing(upload: ResumableUpload, requestId: string, log: Logger): Promise<Standing> {
    const { received, bytes, accepted } = upload;
    if (accepted !== null || received < bytes) return { received, accepted };
    try {
      return { received, accepted: await this.completion.complete(upload, requestId, log) };
    } catch (error) {
      // Whoever is at it will accept it.
      if (error instanceof Problem && error.code === 'key_in_flight') return { received, accepted: null };
      throw error;
    }
  }

  /** Nothing of an upload is left; an image that it has become stays. @throws {Problem} when there is none */
  async remove(id: UploadId, tenant: Tenant): Promise<void> {
    const { store, parts } = this.#with;
    if (!(await store.findUpload(id, tenant, Date.now()))) throw noSuchUpload();
    await store.dropUpload(id);
    const writing = this.#writing.get(id);
    writing?.stop.abort(goesOnElsewhere());
    await writing?.ended;
    await parts.removeAll(id);
  }

  /** Ends what is on its way: it is kept as far as it is, and goes on elsewhere. */
  close(): void {
    this.#isClosed = true;
    for (const { stop } of this.#writing.values()) stop.abort(draining());
  }

  async #add(
    upload: ResumableUpload,
    hold: HoldId,
    incoming: Incoming,
    signal: AbortSignal,
  ): Promise<number> {
    const most = upload.bytes - upload.received;
    const onItsWay = this.#intake.inProgress.enter(Math.min(incoming.contentLength ?? most, most), () => {});
    if (!onItsWay) throw tooManyUploads();
    const writer = new PartWriter(upload, hold, this.#with, incoming.checksum !== null);
    try {
      await receiveParts(incoming, { most, patience: this.limits, onItsWay, signal, writer });
      return writer.received;
    } catch (error) {
      // Who is slow and comes forward may go on: a refusal would have many clients give up.
      if (error instanceof TooSlow && writer.received > upload.received) return writer.received;
      throw bodyFault(error, this.limits);
    } finally {
      this.#intake.inProgress.leave(onItsWay);
      await writer.dispose();
    }
  }

  #atWork(upload: FoundUpload | null): FoundUpload {
    if (!upload) throw noSuchUpload();
    if (upload.isOver || upload.state === 'refused') throw uploadEnded(upload.refusal);
    return upload;
  }
}
