const KIB = 1024;

/** The most that one upload keeps in memory: a photo from a messenger or a thumbnail fits, one from a camera does not. */
const MOST_OF_ONE = 128 * KIB;

/** The most that all uploads keep together, however many there are. */
const MOST_OF_ALL = 8 * 1024 * KIB;

/** How much of the uploads that are under way may be in memory instead of in a file. */
export class SpoolMemory {
  #taken = 0;

  /** @returns false when this piece, which makes `bytes` of its upload, must go to the disk */
  take(bytes: number, piece: number): boolean {
    if (bytes > MOST_OF_ONE || this.#taken + piece > MOST_OF_ALL) return false;
    this.#taken += piece;
    return true;
  }

  give(bytes: number): void {
    this.#taken -= bytes;
  }
}
