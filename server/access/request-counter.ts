/** Counts requests by a name, in windows that begin with the first of them. */
export interface RequestCounter {
  /** The most of a window. */
  readonly points: number;
  /** One more. @returns how many there are in this window, and how long it lasts yet, in milliseconds */
  penalty(name: string): Promise<{ consumedPoints: number; msBeforeNext: number }>;
}
