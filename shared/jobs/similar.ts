import type { Kysely } from 'kysely';
import { BANDS, Bands, bandsApart, bandsAround, bandsOf } from '../domain/hash-bands.ts';
import type { ImageId, Tenant } from '../domain/ids.ts';
import type { SimilarImages, SimilarQuery } from './records.ts';
import { ImageRow, type Tables } from './schema/tables.ts';

/**
 * Hashes that are taken from the indexes, by one lookup and by all of a search. At the greatest distance it takes 1,830 and
 * 8,400 among a million pictures; and these are so few that a part which half of all pictures share holds up nobody.
 */
const MOST_A_LOOKUP = 2_500;
const MOST_A_SEARCH = 10_000;

const COLUMNS = ['band_0', 'band_1', 'band_2', 'band_3'] as const;

/**
 * By and by farther away: bands that are the same, that differ in one bit, in two. After each step all hashes are known
 * up to a distance, and where they are enough the rest is not looked for.
 */
export async function findSimilar(
  db: Kysely<Tables>,
  { tenant, hash, distance, limit, except }: SimilarQuery,
): Promise<SimilarImages> {
  const own = bandsOf(hash);
  const near = new NearHashes(own, distance);
  const found: SimilarImages = { images: [], isComplete: true };
  const isFull = async (upTo: number): Promise<boolean> => {
    for (let apart = 0; apart <= upTo && found.images.length < limit; apart++) {
      const left = limit - found.images.length;
      // Each has an image, but that of one may be the one that is left out.
      const hashes = near.take(apart, left + 1);
      if (hashes.length === 0) continue;
      const ids = await imagesOf(db, tenant, hashes, except, left);
      found.images.push(...ids.map((id) => ({ id, distance: apart })));
    }
    return found.images.length === limit;
  };

  near.add(own);
  if ((await isFull(0)) || distance === 0) return found;
  let left = MOST_A_SEARCH;
  for (const flips of [0, 1, 2] as const) {
    if (flips * BANDS.length > distance) break;
    for (const band of BANDS) {
      const most = Math.min(MOST_A_LOOKUP, left);
      const rows =
        most > 0 ? await lookUp(db, tenant, COLUMNS[band], bandsAround(own[band], flips), most) : [];
      if (rows.length === most) found.isComplete = false;
      for (const row of rows) near.add([row.band_0, row.band_1, row.band_2, row.band_3]);
      left -= rows.length;
    }
    if (await isFull(Math.min(distance, flips * BANDS.length + BANDS.length - 1))) break;
  }
  // A crowded lookup may have missed one that a later one has found.
  found.images.sort((a, b) => a.distance - b.distance);
  return found;
}

const lookUp = (
  db: Kysely<Tables>,
  tenant: Tenant,
  column: (typeof COLUMNS)[number],
  values: readonly number[],
  most: number,
) =>
  db
    .selectFrom('sets')
    .select(COLUMNS)
    .where('tenant', '=', tenant)
    .where(column, 'in', values)
    .limit(most)
    .execute();

type Row = readonly [unknown, unknown, unknown, unknown];

/** The hashes within a distance of one. */
class NearHashes {
  readonly #own: Bands;
  /** By how far away they are; some of them more than once. */
  readonly #waiting: Row[][];
  readonly #taken = new Set<string>();

  constructor(own: Bands, distance: number) {
    this.#own = own;
    this.#waiting = Array.from({ length: distance + 1 }, () => []);
  }

  /** This is done to thousands: only what is taken is checked as a row of the database is, and looked at twice. */
  add(row: Row): void {
    this.#waiting[bandsApart(this.#own, row as Bands)]?.push(row);
  }

  /** Up to so many different ones that are exactly so far away, and were not taken yet. */
  take(apart: number, most: number): Bands[] {
    const hashes: Bands[] = [];
    for (const row of this.#waiting[apart]?.splice(0) ?? []) {
      if (hashes.length === most) break;
      const key = row.join();
      if (this.#taken.has(key)) continue;
      this.#taken.add(key);
      hashes.push(Bands.parse(row));
    }
    return hashes;
  }
}

/** Images that have one of these hashes. */
async function imagesOf(
  db: Kysely<Tables>,
  tenant: Tenant,
  hashes: readonly Bands[],
  except: ImageId,
  limit: number,
): Promise<ImageId[]> {
  const rows = await db
    .selectFrom('sets')
    .innerJoin('images', 'images.published_run', 'sets.run_id')
    .select('images.id')
    .where('images.id', '!=', except)
    .where(({ and, eb, or }) =>
      or(
        hashes.map((hash) =>
          and([
            eb('sets.tenant', '=', tenant),
            ...BANDS.map((band) => eb(`sets.${COLUMNS[band]}`, '=', hash[band])),
          ]),
        ),
      ),
    )
    .limit(limit)
    .execute();
  return rows.map(({ id }) => ImageRow.shape.id.parse(id));
}
