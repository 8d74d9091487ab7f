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
 * free as it takes, and they take turns: who has some that wait comes behind them, who has none to where the line begins.
 *
 * What waits and what runs it counts in one look (`darkroom_taken`): in two, a job that begins between them would be counted as
 * neither. A run that is being published has its worker no more, and is none of those that do as long as its job is said to run.
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
      publishing jsonb not null default '[]',
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
    create index jobs_waiting on jobs (tenant, turn)
    where state = 'queued' and is_fresh = 1 and shared_run_of is null`.execute(db);
  await sql`
    create index jobs_waiting_batch on jobs (tenant)
    where state = 'queued' and is_batch = 1 and shared_run_of is null`.execute(db);
  await sql`
    create function darkroom_taken(lane text, this_node text, holds jsonb, alive timestamptz, most integer)
    returns jsonb language sql as $$
      select jsonb_build_object(
        'running', (
          select count(*) from jobs where state = 'running' and id not in (
            select jsonb_array_elements_text(publishing) from nodes where seen_at > alive)),
        'by_tenant', coalesce(jsonb_object_agg(tenant, n), '{}'))
      from (
        select tenant, sum(n) as n from (
          select h.key as tenant, h.value::integer as n
            from nodes, jsonb_each_text(nodes.held -> lane) as h
            where nodes.seen_at > alive and nodes.id <> this_node
          union all
          select h.key, h.value::integer from jsonb_each_text(holds -> lane) as h
          union all
          (select coalesce(tenant, ''), 1 from jobs
            where lane = 'fresh' and state = 'queued' and is_fresh = 1 and shared_run_of is null limit most)
          union all
          (select coalesce(tenant, ''), 1 from jobs
            where lane = 'batch' and state = 'queued' and is_batch = 1 and shared_run_of is null limit most)
        ) as taken group by tenant
      ) as by_tenant
    $$`.execute(db);
  await sql`
    create function darkroom_admit(
      this_node text, holds jsonb, asks jsonb, depth integer, batch_depth integer, is_shared boolean
    ) returns jsonb language plpgsql as $$
    declare
      alive timestamptz;
      slots_alive integer;
      free_slots integer;
      typical double precision;
      found jsonb;
      first_turn integer := 0;
      taken jsonb := '{}';
      total jsonb := '{}';
      granted jsonb := '[]';
      ask jsonb;
      lane text;
      who text;
      taken_all integer;
      of_tenant integer;
      places integer;
      turn integer;
      room boolean;
    begin
      perform pg_advisory_xact_lock(${sql.lit(ADMISSION_LOCK)});
      alive := clock_timestamp() - interval '${sql.lit(ALIVE_SECONDS)} seconds';
      select coalesce(sum(slots), 0), avg(typical_run_ms) into slots_alive, typical
        from nodes where seen_at > alive and slots > 0;
      for lane in select distinct a ->> 'lane' from jsonb_array_elements(asks) as a loop
        found := darkroom_taken(
          lane, this_node, holds, alive, 1 + case lane when 'batch' then batch_depth else slots_alive + depth end);
        free_slots := greatest(0, slots_alive - (found -> 'running')::integer);
        taken := jsonb_set(taken, array[lane], found -> 'by_tenant');
        select jsonb_set(total, array[lane], to_jsonb(coalesce(sum(t.value::integer), 0))) into total
          from jsonb_each_text(taken -> lane) as t;
      end loop;
      if is_shared then
        select coalesce(min(j.turn), 0) into first_turn from jobs as j
          where j.state = 'queued' and j.is_fresh = 1 and j.shared_run_of is null;
      end if;
      for ask in select * from jsonb_array_elements(asks) loop
        lane := ask ->> 'lane';
        who := ask ->> 'tenant';
        taken_all := total ->> lane;
        of_tenant := coalesce((taken -> lane ->> who)::integer, 0);
        turn := 0;
        if lane = 'batch' then
          places := batch_depth - taken_all;
          room := places > 0 and (not is_shared or of_tenant < places);
        elsif slots_alive = 0 then
          room := false;
        elsif taken_all < free_slots then
          room := true;
        else
          places := depth - (taken_all - free_slots);
          room := places > 0 and (not is_shared or of_tenant - free_slots < places);
        end if;
        if room then
          if is_shared then
            select greatest(first_turn, coalesce(max(j.turn) + 1, 0)) into turn from jobs as j
              where j.tenant = who and j.state = 'queued' and j.is_fresh = 1 and j.shared_run_of is null;
            turn := turn + coalesce((holds -> lane ->> who)::integer, 0);
          end if;
          taken := jsonb_set(taken, array[lane, who], to_jsonb(of_tenant + 1));
          total := jsonb_set(total, array[lane], to_jsonb(taken_all + 1));
          holds := jsonb_set(holds, array[lane], coalesce(holds -> lane, '{}')
            || jsonb_build_object(who, coalesce((holds -> lane ->> who)::integer, 0) + 1));
        end if;
        granted := granted || jsonb_build_object('room', room, 'turn', turn);
      end loop;
      update nodes set held = holds, seen_at = clock_timestamp() where id = this_node;
      return jsonb_build_object('granted', granted, 'slots', slots_alive, 'typicalRunMs', typical);
    end $$`.execute(db);
}
