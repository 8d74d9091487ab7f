import type { Kysely } from 'kysely';
import { BANDS, Bands, bandsApart, bandsAround, bandsOf } from '../domain/hash-bands.ts';
import type { ImageId, Tenant } from '../domain/ids.ts';
import type { SimilarImages, SimilarQuery } from './job-store.ts';
import { ImageRow, type Tables } from './tables.ts';

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
    for (const [apart, bands] of near.takeUpTo(upTo)) {
      if (found.images.length === limit) break;
      const ids = await imagesOf(db, tenant, bands, except, limit - found.images.length);
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
    if (await isFull(flips * BANDS.length + BANDS.length - 1)) break;
  }
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

/** The different hashes within a distance of one. */
class NearHashes {
  readonly #own: Bands;
  readonly #distance: number;
  readonly #seen = new Set<string>();
  #waiting: [apart: number, bands: Bands][] = [];

  constructor(own: Bands, distance: number) {
    this.#own = own;
    this.#distance = distance;
  }

  /** Only what is near is checked as a row of the database is: most of them are not, and they are many. */
  add(row: readonly [unknown, unknown, unknown, unknown]): void {
    const apart = bandsApart(this.#own, row as Bands);
    if (apart > this.#distance) return;
    const bands = Bands.parse(row);
    const key = bands.join();
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#waiting.push([apart, bands]);
  }

  /** Those at most so far away that were not taken yet, the nearest first. */
  takeUpTo(distance: number): [apart: number, bands: Bands][] {
    const taken = this.#waiting.filter(([apart]) => apart <= distance).sort(([a], [b]) => a - b);
    this.#waiting = this.#waiting.filter(([apart]) => apart > distance);
    return taken;
  }
}

async function imagesOf(
  db: Kysely<Tables>,
  tenant: Tenant,
  bands: Bands,
  except: ImageId,
  limit: number,
): Promise<ImageId[]> {
  let select = db
    .selectFrom('sets')
    .innerJoin('images', 'images.published_run', 'sets.run_id')
    .select('images.id')
    .where('sets.tenant', '=', tenant)
    .where('images.id', '!=', except);
  for (const band of BANDS) select = select.where(`sets.${COLUMNS[band]}`, '=', bands[band]);
  const rows = await select.limit(limit).execute();
  return rows.map(({ id }) => ImageRow.shape.id.parse(id));
}
