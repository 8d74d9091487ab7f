import type { Scenario } from './scenario.ts';

/** A picture that a side works on: where it lies, and its bytes for sides that have it sent. */
export interface Picture {
  path: string;
  bytes: Buffer;
}

/** One way to make variants, running in processes of its own. */
export interface Side {
  name: string;
  /** Pictures that have to wait for a free place, so that none is free for a moment. */
  waiting: number;
  /** The processes that do the work: their CPU and memory count. */
  pids(): Promise<number[]>;
  /** Makes all variants of each picture, so many pictures at once. */
  make(pictures: readonly Picture[], scenario: Scenario, atOnce: number): Promise<void>;
  stop(): Promise<void>;
}

/** Takes the items one by one, so many at once. */
export async function eachOf<T>(
  items: readonly T[],
  atOnce: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await task(item);
    }),
  );
}
