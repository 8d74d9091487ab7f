import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { ErasureAnswer } from '../../server/contract/operator-answers.ts';
import { filesBelow } from './files-below.ts';
import type { RunningService } from './service.ts';

export type Erased = z.infer<typeof ErasureAnswer>;

export const askToErase = (service: RunningService, asked: object, headers: Record<string, string> = {}) =>
  service.fetch('/erasures', { method: 'POST', headers, body: JSON.stringify(asked) });

/** Calls until it is verified, as an operator's script does. @returns what all calls have erased, and each of them */
export async function eraseAll(
  service: RunningService,
  asked: object,
  headers: Record<string, string> = {},
): Promise<{
  sum: Pick<Erased, 'images' | 'files' | 'bytes' | 'quarantined' | 'keys' | 'jobs'>;
  calls: Erased[];
}> {
  const sum = { images: 0, files: 0, bytes: 0, quarantined: 0, keys: 0, jobs: 0, uploads: 0 };
  const calls: Erased[] = [];
  while (true) {
    const erased = ErasureAnswer.parse(await (await askToErase(service, asked, headers)).json());
    calls.push(erased);
    for (const what of Object.keys(sum) as (keyof typeof sum)[]) sum[what] += erased[what];
    if (erased.verified) return { sum, calls };
    if (erased.waitSeconds !== null) await sleep(erased.waitSeconds * 1000);
  }
}

/** Which files below a folder have which of these bytes in them. */
export async function filesWith(folder: string, all: readonly (string | Buffer)[]): Promise<string[]> {
  const found: string[] = [];
  for (const name of await filesBelow(folder)) {
    // It may be gone by now.
    const bytes = await readFile(join(folder, name)).catch(() => Buffer.alloc(0));
    found.push(
      ...all
        .filter((it) => bytes.includes(it))
        .map((it) => `${name}: ${typeof it === 'string' ? it : 'bytes'}`),
    );
  }
  return found;
}
