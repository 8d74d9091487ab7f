/** An upload is measured for so long at least, and until then it is as fast as it was, or as can be. */
const MEASURED_MS = 1_000;

/** Slower than this an upload gives way to another one when there is no room: less than any mobile network has; bytes a second. */
const SLOW_BYTES_PER_S = 16 * 1024;

/** An upload has begun to come when so much of it is there, or all: until then it takes a connection, and nothing else. */
const BEGUN_BYTES = 16 * 1024;

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

/** One upload that is on its way, or about to be. */
export class UploadOnItsWay {
  readonly bytes: number;
  readonly #begun: (upload: UploadOnItsWay) => void;
  readonly #giveWay = new AbortController();
  #toBegin: number;
  #received = 0;
  #since = performance.now();
  #pace = Number.POSITIVE_INFINITY;

  /** @param begun called once, when enough of it has come for it to be meant */
  constructor(bytes: number, begun: (upload: UploadOnItsWay) => void) {
    this.bytes = bytes;
    this.#toBegin = Math.min(bytes, BEGUN_BYTES);
    this.#begun = begun;
  }

  /** Aborted, with a {@link GaveWay}, when it has to make room. */
  get signal(): AbortSignal {
    return this.#giveWay.signal;
  }

  received(bytes: number): void {
    this.#received += bytes;
    if (this.#toBegin <= 0) return;
    this.#toBegin -= bytes;
    if (this.#toBegin <= 0) this.#begun(this);
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

  giveWay(): void {
    this.#giveWay.abort(new GaveWay('other uploads come faster'));
  }
}

/**
 * Bounds the uploads that are on their way, in number and in bytes. When there is no room the slowest has to go, if it is
 * slow: else whoever sends little over many connections would keep all others out. Who has sent next to nothing takes no room.
 */
export class UploadsInProgress {
  readonly #limits: UploadsLimits;
  readonly #begun = new Set<UploadOnItsWay>();
  #bytes = 0;

  constructor(limits: UploadsLimits) {
    this.#limits = limits;
  }

  /**
   * @param begun called once, when enough of it has come for it to be meant
   * @returns null: there is no room, and no slow one. Else it has room once it has begun, or gives way at once
   */
  enter(bytes: number, begun: () => void): UploadOnItsWay | null {
    if (!this.#hasRoomFor(bytes) && !this.#slowest()) return null;
    return new UploadOnItsWay(bytes, (upload) => {
      begun();
      this.#admit(upload);
    });
  }

  leave(upload: UploadOnItsWay): void {
    if (this.#begun.delete(upload)) this.#bytes -= upload.bytes;
  }

  #admit(upload: UploadOnItsWay): void {
    while (!this.#hasRoomFor(upload.bytes)) {
      const slowest = this.#slowest();
      if (!slowest) return upload.giveWay();
      this.leave(slowest);
      slowest.giveWay();
    }
    this.#begun.add(upload);
    this.#bytes += upload.bytes;
  }

  #hasRoomFor(bytes: number): boolean {
    const { maxUploads, maxUploadingBytes } = this.#limits;
    if (this.#begun.size === 0) return true;
    return this.#begun.size < maxUploads && this.#bytes + bytes <= maxUploadingBytes;
  }

  /** Null: none of them is slow. */
  #slowest(): UploadOnItsWay | null {
    const now = performance.now();
    let [slowest, pace]: [UploadOnItsWay | null, number] = [null, SLOW_BYTES_PER_S];
    for (const upload of this.#begun) {
      const its = upload.measure(now);
      if (its < pace) [slowest, pace] = [upload, its];
    }
    return slowest;
  }
}
