/** An upload is measured for so long at least, and until then it is as fast as it was, or as can be. */
const MEASURED_MS = 1_000;

/** Slower than this an upload gives way to another one when there is no room: less than any mobile network has; bytes a second. */
const SLOW_BYTES_PER_S = 16 * 1024;

export interface UploadsLimits {
  /** That may be on their way at once. */
  maxUploads: number;
  /** That they may have together, as they declare them. */
  maxUploadingBytes: number;
}

/** An upload has begun to come when so much of it is there, or all. */
const BEGUN_BYTES = 16 * 1024;

/** There is no room for all, and the others come faster. */
export class GaveWay extends Error {
  override readonly name = 'GaveWay';
}

/** The room of one upload that is on its way. */
export class UploadPlace {
  readonly bytes: number;
  readonly #giveWay = new AbortController();
  #received = 0;
  #since = performance.now();
  #pace = Number.POSITIVE_INFINITY;
  #toBegin: number;
  readonly #begun: () => void;

  /** @param begun called once, when enough of it has come for it to be meant */
  constructor(bytes: number, begun: () => void) {
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
    if (this.#toBegin <= 0) this.#begun();
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
 * slow: else whoever sends next to nothing over many connections would keep all others out.
 */
export class UploadsInProgress {
  readonly #limits: UploadsLimits;
  readonly #places = new Set<UploadPlace>();
  #bytes = 0;

  constructor(limits: UploadsLimits) {
    this.#limits = limits;
  }

  /**
   * @param begun called once, when enough of it has come for it to be meant
   * @returns null: there is no room, and no slow one
   */
  enter(bytes: number, begun: () => void): UploadPlace | null {
    while (!this.#hasRoomFor(bytes)) {
      const { place: slowest, pace } = this.#slowest();
      if (!slowest || pace >= SLOW_BYTES_PER_S) return null;
      this.leave(slowest);
      slowest.giveWay();
    }
    const place = new UploadPlace(bytes, begun);
    this.#places.add(place);
    this.#bytes += bytes;
    return place;
  }

  leave(place: UploadPlace): void {
    if (this.#places.delete(place)) this.#bytes -= place.bytes;
  }

  #hasRoomFor(bytes: number): boolean {
    const { maxUploads, maxUploadingBytes } = this.#limits;
    if (this.#places.size === 0) return true;
    return this.#places.size < maxUploads && this.#bytes + bytes <= maxUploadingBytes;
  }

  #slowest(): { place: UploadPlace | null; pace: number } {
    const now = performance.now();
    let slowest: { place: UploadPlace | null; pace: number } = {
      place: null,
      pace: Number.POSITIVE_INFINITY,
    };
    for (const place of this.#places) {
      const pace = place.measure(now);
      if (pace < slowest.pace) slowest = { place, pace };
    }
    return slowest;
  }
}
