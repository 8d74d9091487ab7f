import { setTimeout as sleep } from 'node:timers/promises';

const ASK_AGAIN_MS = 10;

/** Asks again and again until the answer fits; the time limit of the test is the limit. */
export async function until<T>(ask: () => Promise<T>, fits: (answer: T) => boolean): Promise<T> {
  while (true) {
    const answer = await ask();
    if (fits(answer)) return answer;
    await sleep(ASK_AGAIN_MS);
  }
}
