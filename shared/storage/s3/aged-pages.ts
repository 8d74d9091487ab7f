import { RunId } from '../../domain/ids.ts';
import { VARIANTS } from './keys.ts';
import type { ListedObject } from './s3-bucket.ts';

type Pages = AsyncIterable<ListedObject[]>;

/** As of zod. */
interface Id<T> {
  safeParse(name: string): { success: true; data: T } | { success: false };
}

/** The ids that objects of a folder are called by, of those that lie there long enough. What has another name is not ours. */
export async function* agedIds<T>(
  pages: Pages,
  folder: string,
  id: Id<T>,
  olderThanMs: number,
): AsyncGenerator<T[]> {
  for await (const page of pages) {
    const aged = page.filter(({ ageMs }) => isAged(ageMs, olderThanMs));
    const ids = aged.map(({ key }) => id.safeParse(key.slice(folder.length)));
    yield ids.flatMap((parsed) => (parsed.success ? [parsed.data] : []));
  }
}

/** The runs that have objects, none of which is younger. Those of one run follow each other. */
export async function* agedRuns(pages: Pages, olderThanMs: number): AsyncGenerator<RunId[]> {
  let name = '';
  let youngestMs = Number.POSITIVE_INFINITY;
  const runOf = () => {
    const parsed = RunId.safeParse(name);
    return parsed.success && isAged(youngestMs, olderThanMs) ? [parsed.data] : [];
  };
  for await (const page of pages) {
    const runs: RunId[] = [];
    for (const { key, ageMs } of page) {
      const [next = ''] = key.slice(VARIANTS.length).split('/', 1);
      if (next !== name) {
        runs.push(...runOf());
        name = next;
        youngestMs = ageMs;
      }
      youngestMs = Math.min(youngestMs, ageMs);
    }
    yield runs;
  }
  yield runOf();
}

/** Of all of them nobody asks the age. */
export const isAged = (ageMs: number, olderThanMs: number): boolean =>
  olderThanMs === 0 || ageMs >= olderThanMs;
