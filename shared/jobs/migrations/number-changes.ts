import { type Kysely, PostgresAdapter, sql } from 'kysely';
import type { Tables } from '../schema/tables.ts';

/**
 * Each change of the state of a job gets a number that is greater than those before it, so that who knows one finds what came later.
 * A trigger does it: whoever changes a state, nodes of the version before among them, can neither forget it nor lose it.
 *
 * In SQLite there is one writer, and numbers are given in the order of the commits. In PostgreSQL they come from a sequence, and one may
 * be committed after a greater one: `open_changes` tells which transactions may still be about to.
 */
export async function numberChanges(db: Kysely<Tables>): Promise<void> {
  await sql`alter table jobs add column change bigint not null default 0`.execute(db);
  await sql`create index jobs_by_change on jobs (change)`.execute(db);
  await sql`create index jobs_by_tenant_change on jobs (coalesce(tenant, 'default'), change)`.execute(db);
  await sql`
    create view changed_jobs as
    select id, image_id, coalesce(tenant, 'default') as tenant, state, failure, updated_at, change
    from jobs`.execute(db);
  const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter;
  await (isPostgres ? numberInPostgres(db) : numberInSqlite(db));
}

/** The transaction has its own number before the change has one: who looks later finds it among those that go on. */
async function numberInPostgres(db: Kysely<Tables>): Promise<void> {
  await sql`create sequence job_changes`.execute(db);
  await sql`
    create function number_job_change() returns trigger language plpgsql as $$
    begin
      perform pg_current_xact_id();
      new.change := nextval('job_changes');
      return new;
    end $$`.execute(db);
  await sql`
    create trigger number_job_change before insert or update of state on jobs
    for each row execute function number_job_change()`.execute(db);
  await sql`
    create view last_change as
    select case when is_called then last_value else 0 end as number from job_changes`.execute(db);
  await sql`
    create view open_changes as
    select pg_current_xact_id()::text::bigint as begun,
      pg_snapshot_xmin(pg_current_snapshot())::text::bigint as over`.execute(db);
}

async function numberInSqlite(db: Kysely<Tables>): Promise<void> {
  await sql`create table job_changes (number integer not null)`.execute(db);
  await sql`insert into job_changes values (0)`.execute(db);
  for (const when of ['insert', 'update of state']) {
    const name = when === 'insert' ? 'number_job' : 'number_job_change';
    await sql`
      create trigger ${sql.ref(name)} after ${sql.raw(when)} on jobs begin
        update job_changes set number = number + 1;
        update jobs set change = (select number from job_changes) where id = new.id;
      end`.execute(db);
  }
  await sql`create view last_change as select number from job_changes`.execute(db);
  await sql`create view open_changes as select 0 as begun, 0 as over`.execute(db);
}
