import { RunId, UploadId } from '../../domain/ids.ts';
import { RESUMABLE, VARIANTS } from './keys.ts';
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

/** The runs that have objects, none of which is younger. */
export const agedRuns = (pages: Pages, olderThanMs: number) =>
  agedOwners(pages, VARIANTS, RunId, olderThanMs);

/** In the same way the uploads that have parts. */
export const agedUploads = (pages: Pages, olderThanMs: number) =>
  agedOwners(pages, RESUMABLE, UploadId, olderThanMs);

/** Objects of one owner follow each other. */
async function* agedOwners<T>(
  pages: Pages,
  folder: string,
  id: Id<T>,
  olderThanMs: number,
): AsyncGenerator<T[]> {
  let name = '';
  let youngestMs = Number.POSITIVE_INFINITY;
  const ownerOf = () => {
    const parsed = id.safeParse(name);
    return parsed.success && isAged(youngestMs, olderThanMs) ? [parsed.data] : [];
  };
  for await (const page of pages) {
    const owners: T[] = [];
    for (const { key, ageMs } of page) {
      const [next = ''] = key.slice(folder.length).split('/', 1);
      if (next !== name) {
        owners.push(...ownerOf());
        name = next;
        youngestMs = ageMs;
      }
      youngestMs = Math.min(youngestMs, ageMs);
    }
    yield owners;
  }
  yield ownerOf();
}

/** Of all of them nobody asks the age. */
export const isAged = (ageMs: number, olderThanMs: number): boolean =>
  olderThanMs === 0 || ageMs >= olderThanMs;
