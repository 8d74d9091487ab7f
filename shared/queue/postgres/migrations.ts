import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Of the tables that only nodes need which share a database, beside those of the records. As those, never changed once released. */
export const QUEUE_MIGRATIONS: Record<string, Migration> = {
  '0001-nodes': { up: createNodes },
};

/** A node counts as alive for so long after it was heard of. */
export const ALIVE_SECONDS = 5;

/** Admissions take turns: any number that no other lock of the database has. */
const ADMISSION_LOCK = 7_236_418_905;

/**
 * `upkeep` says when what one node does for all was done last, `secrets` has what all sign with, `rate_limits` what the library
 * of that name counts. `nodes` says who is alive and what each can do; it is not logged, since after a crash of the database all say it anew.
 *
 * `darkroom_admit` gives room to uploads, exactly: whoever asks, on whatever node, it is one at a time who is answered, within one
 * statement, so that a node that is stopped in the middle holds up nobody. An upload gets in while those that wait or are held
 * for others are fewer than the workers that are free and the places beyond; where tenants share, each leaves as many of those places
 * free as it takes.
 */
async function createNodes(db: Kysely<unknown>): Promise<void> {
  // pg-boss makes what is in it. Of several that make a schema at once all but one would fail.
  await sql`create schema if not exists pgboss`.execute(db);
  await sql`
    create unlogged table nodes (
      id text primary key,
      role text not null,
      host text not null,
      started_at timestamptz not null default clock_timestamp(),
      seen_at timestamptz not null default clock_timestamp(),
      slots integer not null,
      decoder text,
      typical_run_ms double precision,
      held jsonb not null default '{}'
    )`.execute(db);
  await sql`
    create unlogged table upkeep (
      what text primary key,
      at timestamptz not null
    )`.execute(db);
  await sql`
    create table secrets (
      name text primary key,
      secret text not null
    )`.execute(db);
  await sql`
    create unlogged table rate_limits (
      key varchar(255) primary key,
      points integer not null default 0,
      expire bigint
    )`.execute(db);
  await sql`
    create index jobs_waiting on jobs (tenant)
    where state = 'queued' and is_fresh = 1 and shared_run_of is null`.execute(db);
  await sql`
    create index jobs_waiting_batch on jobs (tenant)
    where state = 'queued' and is_batch = 1 and shared_run_of is null`.execute(db);
  await sql`
    create function darkroom_admit(
      this_node text, holds jsonb, asks jsonb, depth integer, batch_depth integer, is_shared boolean
    ) returns jsonb language plpgsql as $$
    declare
      alive timestamptz;
      slots_alive integer;
      free_slots integer;
      waiting jsonb;
      batch_waiting jsonb;
      taken integer;
      of_tenant integer;
      places integer;
      ask jsonb;
      granted jsonb := '[]';
      holds_now jsonb := holds;
      lane text;
      who text;
      room boolean;
      typical double precision;
    begin
      perform pg_advisory_xact_lock(${sql.lit(ADMISSION_LOCK)});
      alive := clock_timestamp() - interval '${sql.lit(ALIVE_SECONDS)} seconds';
      select coalesce(sum(slots), 0), avg(typical_run_ms) into slots_alive, typical
        from nodes where seen_at > alive and slots > 0;
      select greatest(0, slots_alive - count(*)) into free_slots from jobs where state = 'running';
      if asks @> '[{"lane": "fresh"}]' then
        select coalesce(jsonb_object_agg(tenant, n), '{}') into waiting from (
          select tenant, count(*) as n from (
            select coalesce(tenant, '') as tenant from jobs
            where state = 'queued' and is_fresh = 1 and shared_run_of is null limit slots_alive + depth + 1
          ) as first_ones group by tenant) as by_tenant;
      end if;
      if asks @> '[{"lane": "batch"}]' then
        select coalesce(jsonb_object_agg(tenant, n), '{}') into batch_waiting from (
          select tenant, count(*) as n from (
            select coalesce(tenant, '') as tenant from jobs
            where state = 'queued' and is_batch = 1 and shared_run_of is null limit batch_depth + 1
          ) as first_ones group by tenant) as by_tenant;
      end if;
      for ask in select * from jsonb_array_elements(asks) loop
        lane := ask ->> 'lane';
        who := ask ->> 'tenant';
        select coalesce(sum(n::integer), 0), coalesce(sum(n::integer) filter (where tenant = who), 0)
          into taken, of_tenant
          from (
            select h.key as tenant, h.value as n
              from nodes, jsonb_each_text(nodes.held -> lane) as h
              where nodes.seen_at > alive and nodes.id <> this_node
            union all
            select h.key, h.value from jsonb_each_text(holds_now -> lane) as h
            union all
            select w.key, w.value
              from jsonb_each_text(case lane when 'batch' then batch_waiting else waiting end) as w
          ) as all_taken;
        if lane = 'batch' then
          places := batch_depth - taken;
          room := places > 0 and (not is_shared or of_tenant < places);
        elsif taken < free_slots then
          room := true;
        else
          places := depth - (taken - free_slots);
          room := places > 0 and (not is_shared or of_tenant - free_slots < places);
        end if;
        if slots_alive = 0 and lane <> 'batch' then room := false; end if;
        if room then
          holds_now := jsonb_set(
            holds_now, array[lane],
            coalesce(holds_now -> lane, '{}') || jsonb_build_object(who, coalesce((holds_now -> lane ->> who)::integer, 0) + 1));
        end if;
        granted := granted || jsonb_build_object('room', room, 'turn', of_tenant);
      end loop;
      update nodes set held = holds_now, seen_at = clock_timestamp() where id = this_node;
      return jsonb_build_object(
        'granted', granted, 'slots', slots_alive, 'free', free_slots, 'typicalRunMs', typical);
    end $$`.execute(db);
}
