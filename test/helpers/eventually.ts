import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 20;

/** Long enough for a machine with more work than cores; a test that passes never waits so long. */
const PATIENCE_MS = 20_000;

type Found<T> = T | null | undefined | false;

/** Looks again and again until there is something, for what no event tells; rejects, saying what, when it never comes. */
export async function eventually<T>(
  what: string,
  look: () => Promise<Found<T>> | Found<T>,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const last = performance.now() + patienceMs;
  while (true) {
    const begun = performance.now();
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (begun > last) throw new Error(`not within ${patienceMs} ms: ${what}`);
    await sleep(LOOK_EVERY_MS);
  }
}
