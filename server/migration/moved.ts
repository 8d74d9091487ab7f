import { sql } from 'kysely';
import type { Tables } from '../../shared/jobs/schema/tables.ts';
import type { Sessions } from '../../shared/postgres/sessions.ts';
import { asked } from './asked.ts';

export type FileKind = 'original' | 'set';

/**
 * Which files are in the bucket and were compared, kept in the target until all is done: a call that was ended is taken up
 * where it was.
 */
export class Moved {
  readonly #sessions: Sessions<Tables>;

  static async open(sessions: Sessions<Tables>): Promise<Moved> {
    await asked('remember what was moved', () =>
      sql`create table if not exists moved (kind text, id text, primary key (kind, id))`.execute(sessions.db),
    );
    return new Moved(sessions);
  }

  private constructor(sessions: Sessions<Tables>) {
    this.#sessions = sessions;
  }

  add(kind: FileKind, id: string): Promise<void> {
    return asked('remember what was moved', async () => {
      await sql`insert into moved values (${kind}, ${id}) on conflict do nothing`.execute(this.#sessions.db);
    });
  }

  /** Those of the given ones that were moved. */
  among(kind: FileKind, ids: readonly string[]): Promise<Set<string>> {
    return asked('recall what was moved', async () => {
      const { rows } = await sql<{ id: string }>`
        select id from moved where kind = ${kind} and id = any(${ids})`.execute(this.#sessions.db);
      return new Set(rows.map(({ id }) => id));
    });
  }

  /**
   * Forgets what is not there any more: another bucket may be meant by now, or somebody has removed it.
   * @param listing what there is, in pages
   * @returns how many were forgotten
   */
  keepOnly(kind: FileKind, listing: AsyncIterable<readonly string[]>): Promise<number> {
    return asked('compare what was moved', () =>
      this.#sessions.within(async (_, db) => {
        await sql`create temporary table if not exists listed (id text primary key)`.execute(db);
        await sql`truncate listed`.execute(db);
        for await (const ids of listing)
          await sql`insert into listed select unnest(${ids}::text[]) on conflict do nothing`.execute(db);
        const { numAffectedRows = 0n } = await sql`
          delete from moved
          where kind = ${kind} and not exists (select from listed where listed.id = moved.id)`.execute(db);
        return Number(numAffectedRows);
      }),
    );
  }

  /** When there is nothing left to be moved. */
  forgetAll(): Promise<void> {
    return asked('forget what was moved', async () => {
      await sql`drop table moved`.execute(this.#sessions.db);
    });
  }
}
