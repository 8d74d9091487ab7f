import type { Kysely } from 'kysely';
import type { ImageId, RunId } from '../domain/ids.ts';
import { ImageRow, SetRow, type Tables } from './schema/tables.ts';

/** Each database binds only so many values in one statement; SQLite's default is 32,766. */
export const VALUES_PER_STATEMENT = 10_000;

export async function publishedAmong(db: Kysely<Tables>, runs: RunId[]): Promise<RunId[]> {
  const found: RunId[] = [];
  for (let at = 0; at < runs.length; at += VALUES_PER_STATEMENT) {
    const some = runs.slice(at, at + VALUES_PER_STATEMENT);
    const rows = await db.selectFrom('sets').select('run_id').where('run_id', 'in', some).execute();
    found.push(...rows.map((row) => SetRow.shape.run_id.parse(row.run_id)));
  }
  return found;
}

export async function originalsKeptAmong(db: Kysely<Tables>, images: ImageId[]): Promise<ImageId[]> {
  const kept = db.selectFrom('images').select('id').where('original_removed_at', 'is', null);
  return idsAmong(images, (some) => kept.where('id', 'in', some).execute());
}

export async function originalsGoneAmong(db: Kysely<Tables>, images: ImageId[]): Promise<ImageId[]> {
  const deleted = db.selectFrom('deleted_images').select('id');
  const removed = db.selectFrom('images').select('id').where('original_removed_at', 'is not', null);
  return idsAmong(images, (some) =>
    deleted
      .where('id', 'in', some)
      .unionAll(removed.where('id', 'in', some))
      .execute(),
  );
}

async function idsAmong(
  images: ImageId[],
  ask: (some: ImageId[]) => Promise<{ id: string }[]>,
): Promise<ImageId[]> {
  const found: ImageId[] = [];
  for (let at = 0; at < images.length; at += VALUES_PER_STATEMENT) {
    const rows = await ask(images.slice(at, at + VALUES_PER_STATEMENT));
    found.push(...rows.map((row) => ImageRow.shape.id.parse(row.id)));
  }
  return found;
}
