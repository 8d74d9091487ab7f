/** The disk that uploads are kept on. */
export interface Room {
  /**
   * Does something that brings so many bytes to the disk. Where there is no room for them, it waits a while for what has had its
   * time to be removed; then it is tried all the same.
   */
  during<T>(bytes: number, work: () => Promise<T>): Promise<T>;
}

/** Of a storage that nobody can look into: it says itself when it is full. */
export const UNKNOWN_ROOM: Room = { during: (_, work) => work() };
