/** An upload is measured for so long at least, and until then it is as fast as it was, or as can be. */
const MEASURED_MS = 1_000;

/** Slower than this an upload gives way to another one when there is no room: less than any mobile network has; bytes a second. */
const SLOW_BYTES_PER_S = 16 * 1024;

/** An upload has begun to come when so much of it is there, or all: until then it takes a connection, and nothing else. */
const BEGUN_BYTES = 16 * 1024;

/** Of those that have not begun so many may wait for each that may be on its way. */
const ABOUT_TO_BEGIN = 4;

export interface UploadsLimits {
  /** That may be on their way at once. */
  maxUploads: number;
  /** That they may have together, as they declare them. */
  maxUploadingBytes: number;
}

/** There is no room for all, and the others come faster. */
export class GaveWay extends Error {
  override readonly name = 'GaveWay';
}

/** There is no room for all, and the others came before. */
export class CameTooLate extends Error {
  override readonly name = 'CameTooLate';
}

/** One upload that is on its way, or about to be. */
export class UploadOnItsWay {
  readonly bytes: number;
  readonly #begun: () => void;
  readonly #giveWay = new AbortController();
  #toBegin: number;
  #received = 0;
  #since = performance.now();
  #pace = Number.POSITIVE_INFINITY;

  /** @param begun called once, when enough of it has come for it to be meant */
  constructor(bytes: number, begun: () => void) {
    this.bytes = bytes;
    this.#toBegin = Math.min(bytes, BEGUN_BYTES);
    this.#begun = begun;
  }

  /** Aborted, with a {@link GaveWay} or {@link CameTooLate}, when there is no room for it. */
  get signal(): AbortSignal {
    return this.#giveWay.signal;
  }

  received(bytes: number): void {
    this.#received += bytes;
    if (this.#toBegin <= 0) return;
    this.#toBegin -= bytes;
    if (this.#toBegin <= 0) this.#begun();
  }

  /** There is no more of it than has come. */
  ended(): void {
    this.received(Math.max(0, this.#toBegin));
  }

  /** Bytes a second since it was asked the last time. */
  measure(now: number): number {
    const ms = now - this.#since;
    if (ms < MEASURED_MS) return this.#pace;
    this.#pace = (1000 * this.#received) / ms;
    this.#since = now;
    this.#received = 0;
    return this.#pace;
  }

  giveWay(reason: GaveWay | CameTooLate = new GaveWay('other uploads come faster')): void {
    this.#giveWay.abort(reason);
  }
}

/**
 * Bounds the uploads that are on their way, in number and in bytes. When there is no room the slowest has to go, if it is
 * slow: else whoever sends little over many connections would keep all others out. Who has sent next to nothing takes no room of
 * theirs, and has some of its own.
 */
export class UploadsInProgress {
  readonly #limits: UploadsLimits;
  readonly #begun = new Set<UploadOnItsWay>();
  /** From the oldest. */
  readonly #toBegin = new Set<UploadOnItsWay>();
  #bytes = 0;

  constructor(limits: UploadsLimits) {
    this.#limits = limits;
  }

  /**
   * @param begun called once, when enough of it has come for it to be meant
   * @returns null: there is no room, and no slow one. Else it has room once it has begun, or gives way at once
   */
  enter(bytes: number, begun: () => void): UploadOnItsWay | null {
    if (!this.#hasRoomFor(bytes) && !slowestOf(this.#begun)) return null;
    if (this.#toBegin.size >= ABOUT_TO_BEGIN * this.#limits.maxUploads && !this.#pushOut(this.#toBegin))
      return null;
    const upload = new UploadOnItsWay(bytes, () => {
      this.#toBegin.delete(upload);
      begun();
      this.#admit(upload);
    });
    this.#toBegin.add(upload);
    return upload;
  }

  leave(upload: UploadOnItsWay): void {
    this.#toBegin.delete(upload);
    if (this.#begun.delete(upload)) this.#bytes -= upload.bytes;
  }

  #admit(upload: UploadOnItsWay): void {
    while (!this.#hasRoomFor(upload.bytes)) {
      if (!this.#pushOut(this.#begun)) return upload.giveWay(new CameTooLate('there is no room for it'));
    }
    this.#begun.add(upload);
    this.#bytes += upload.bytes;
  }

  #hasRoomFor(bytes: number): boolean {
    const { maxUploads, maxUploadingBytes } = this.#limits;
    if (this.#begun.size === 0) return true;
    return this.#begun.size < maxUploads && this.#bytes + bytes <= maxUploadingBytes;
  }

  /** False: none of them is slow. */
  #pushOut(uploads: Set<UploadOnItsWay>): boolean {
    const slowest = slowestOf(uploads);
    if (!slowest) return false;
    this.leave(slowest);
    slowest.giveWay();
    return true;
  }
}

/** Of several that are equally slow the first. Null: none of them is slow. */
function slowestOf(uploads: Set<UploadOnItsWay>): UploadOnItsWay | null {
  const now = performance.now();
  let [slowest, pace]: [UploadOnItsWay | null, number] = [null, SLOW_BYTES_PER_S];
  for (const upload of uploads) {
    const its = upload.measure(now);
    if (its < pace) [slowest, pace] = [upload, its];
  }
  return slowest;
}
