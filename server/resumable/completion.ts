import pLimit from 'p-limit';
import type { ResumableUpload, UploadEnd } from '../../shared/domain/resumable.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { UploadParts } from '../../shared/storage/upload-parts.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { Intake } from '../intake/intake.ts';
import { isForGood, uploadEnded } from './refusals.ts';
import { PartGone, storedBody } from './stored-body.ts';

/** Whole uploads that are read, hashed and inspected together; the others wait for their turn. */
const AT_ONCE = 8;

type Accepted = NonNullable<ResumableUpload['accepted']>;

/** What becomes of uploads when they are whole: they take the way of every upload, from their parts. */
export class Completion {
  readonly #store: JobStore;
  readonly #parts: UploadParts;
  readonly #intake: Intake;
  readonly #inTurn = pLimit(AT_ONCE);

  constructor(store: JobStore, parts: UploadParts, intake: Intake) {
    this.#store = store;
    this.#parts = parts;
    this.#intake = intake;
  }

  /**
   * Whoever asks, and however often, it becomes one image: the upload is the key of the request.
   * @throws {Problem} when it is refused, and is at an end; or `key_in_flight`, when somebody else is at it
   * @throws {StoreError} and it is whole as before
   */
  complete(upload: ResumableUpload, requestId: string, log: Logger): Promise<Accepted> {
    return this.#inTurn(async () => {
      const seen: { gone: boolean } = { gone: false };
      try {
        const { job } = await this.#intake.accept(this.#asUpload(upload, seen), requestId, log);
        const accepted = { image: job.imageId, job: job.id };
        await this.#end(upload, { state: 'accepted', ...accepted }, log);
        return accepted;
      } catch (error) {
        if (!isForGood(error)) throw error;
        await this.#end(upload, { state: 'refused', refusal: seen.gone ? 'internal' : error.code }, log);
        throw seen.gone ? uploadEnded(null) : error;
      }
    });
  }

  #asUpload(upload: ResumableUpload, seen: { gone: boolean }) {
    const { id, tenant, bytes, fields } = upload;
    return {
      contentType: 'image/*',
      contentLength: bytes,
      body: () =>
        storedBody(upload, this.#parts).on('error', (error) => {
          seen.gone = error instanceof PartGone;
        }),
      isStored: false,
      query: new Map(Object.entries(fields)),
      digests: { contentDigest: undefined, reprDigest: undefined },
      idempotencyKey: undefined,
      tenant,
      isBatch: false,
      ticket: null,
      resumed: id,
    };
  }

  /** Its record first: then nobody reads the parts any more. What cannot be removed now is for the sweep. */
  async #end({ id }: ResumableUpload, end: UploadEnd, log: Logger): Promise<void> {
    await this.#store.endUpload(id, end);
    await this.#parts.removeAll(id).catch((error) => log.warn({ err: error }, 'parts not removed'));
  }
}
