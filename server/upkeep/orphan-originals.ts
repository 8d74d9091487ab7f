import type { ImageId } from '../../shared/domain/ids.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';

/** The database has not seen the originals that lie beside it: to sweep them would be to lose them. */
export class ForeignOriginals extends Error {
  constructor(unknown: number, known: number) {
    super(
      `the database knows ${known} of the originals and not the other ${unknown}: it is not the one of these files. ` +
        'Restore both from the same moment, or move the files away',
    );
    this.name = 'ForeignOriginals';
  }
}

/**
 * The originals that no row keeps.
 * @param olderThanMs they have lain there for so long; 0: all
 * @param within how many of them may be of images that the database has never seen
 * @throws {ForeignOriginals}
 */
export async function orphanOriginals(
  store: JobStore,
  storage: ImageStorage,
  olderThanMs: number,
  within: number,
): Promise<ImageId[]> {
  const orphans: ImageId[] = [];
  let known = 0;
  let unknown = 0;
  for await (const originals of storage.originals(olderThanMs)) {
    const kept = new Set(await store.originalsKeptAmong(originals));
    const unnamed = originals.filter((image) => !kept.has(image));
    known += kept.size;
    unknown += unnamed.length - (await store.originalsGoneAmong(unnamed)).length;
    // From there on they are only counted: none of them will be removed.
    if (unknown <= within) orphans.push(...unnamed);
  }
  if (unknown > within) throw new ForeignOriginals(unknown, known);
  return orphans;
}
