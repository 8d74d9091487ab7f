--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: pgboss; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA pgboss;


--
-- Name: job_state; Type: TYPE; Schema: pgboss; Owner: -
--

CREATE TYPE pgboss.job_state AS ENUM (
    'created',
    'retry',
    'active',
    'completed',
    'cancelled',
    'failed'
);


--
-- Name: create_queue(text, jsonb); Type: FUNCTION; Schema: pgboss; Owner: -
--

CREATE FUNCTION pgboss.create_queue(queue_name text, options jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $_$
    DECLARE
      tablename varchar := CASE WHEN options->>'partition' = 'true'
                            THEN 'j' || encode(sha224(queue_name::bytea), 'hex')
                            ELSE 'job_common'
                            END;
      queue_created_on timestamptz;
    BEGIN

      WITH q as (
        INSERT INTO pgboss.queue (
          name,
          policy,
          retry_limit,
          retry_delay,
          retry_backoff,
          retry_delay_max,
          expire_seconds,
          retention_seconds,
          deletion_seconds,
          warning_queued,
          dead_letter,
          partition,
          table_name,
          heartbeat_seconds,
          notify,
          created_on,
          updated_on
        )
        VALUES (
          queue_name,
          options->>'policy',
          COALESCE((options->>'retryLimit')::int, 2),
          COALESCE((options->>'retryDelay')::int, 0),
          COALESCE((options->>'retryBackoff')::bool, false),
          (options->>'retryDelayMax')::int,
          COALESCE((options->>'expireInSeconds')::int, 900),
          COALESCE((options->>'retentionSeconds')::int, 1209600),
          COALESCE((options->>'deleteAfterSeconds')::int, 604800),
          COALESCE((options->>'warningQueueSize')::int, 0),
          options->>'deadLetter',
          COALESCE((options->>'partition')::bool, false),
          tablename,
          (options->>'heartbeatSeconds')::int,
          COALESCE((options->>'notify')::bool, false),
          pgboss.job_now(),
          pgboss.job_now()
        )
        ON CONFLICT DO NOTHING
        RETURNING created_on
      )
      SELECT created_on into queue_created_on from q;

      IF queue_created_on IS NULL OR options->>'partition' IS DISTINCT FROM 'true' THEN
        RETURN;
      END IF;

      EXECUTE format('CREATE TABLE pgboss.%I (LIKE pgboss.job INCLUDING DEFAULTS)', tablename);

      EXECUTE pgboss.job_table_format($cmd$ALTER TABLE pgboss.job ADD PRIMARY KEY (name, id)$cmd$, tablename);
      EXECUTE pgboss.job_table_format($cmd$ALTER TABLE pgboss.job ADD CONSTRAINT q_fkey FOREIGN KEY (name) REFERENCES pgboss.queue (name) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED$cmd$, tablename);
      EXECUTE pgboss.job_table_format($cmd$ALTER TABLE pgboss.job ADD CONSTRAINT dlq_fkey FOREIGN KEY (dead_letter) REFERENCES pgboss.queue (name) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED$cmd$, tablename);

      EXECUTE pgboss.job_table_format($cmd$CREATE INDEX job_i11 ON pgboss.job (name, priority DESC, created_on, start_after) WHERE state < 'active' AND NOT blocked$cmd$, tablename);
      EXECUTE pgboss.job_table_format($cmd$CREATE UNIQUE INDEX job_i4 ON pgboss.job (name, singleton_on, COALESCE(singleton_key, '')) WHERE state <> 'cancelled' AND singleton_on IS NOT NULL$cmd$, tablename);
      EXECUTE pgboss.job_table_format($cmd$CREATE INDEX job_i7 ON pgboss.job (name, group_id) WHERE state = 'active' AND group_id IS NOT NULL$cmd$, tablename);
      EXECUTE pgboss.job_table_format($cmd$CREATE INDEX job_i9 ON pgboss.job (name, id) WHERE blocking AND state = 'completed'$cmd$, tablename);
      EXECUTE pgboss.job_table_format($cmd$CREATE INDEX job_i12 ON pgboss.job (source_root_id) WHERE source_root_id IS NOT NULL$cmd$, tablename);
      EXECUTE pgboss.job_table_format($cmd$CREATE UNIQUE INDEX job_i13 ON pgboss.job (name, singleton_key) WHERE state = 'created' AND upsert_by_key$cmd$, tablename);
      EXECUTE pgboss.job_table_format($cmd$CREATE INDEX job_i14 ON pgboss.job (name, state, blocked, start_after) WHERE state IN ('created', 'retry', 'active', 'failed')$cmd$, tablename);
      EXECUTE pgboss.job_table_format($cmd$CREATE INDEX job_i15 ON pgboss.job (name, created_on)$cmd$, tablename);
      EXECUTE pgboss.job_table_format($cmd$CREATE INDEX job_i16 ON pgboss.job (name, completed_on) WHERE completed_on IS NOT NULL$cmd$, tablename);
      EXECUTE pgboss.job_table_format($cmd$CREATE INDEX job_i17 ON pgboss.job (name, singleton_key, created_on) WHERE state < 'active' AND singleton_key IS NOT NULL$cmd$, tablename);

      IF options->>'policy' = 'short' THEN
        EXECUTE pgboss.job_table_format($cmd$CREATE UNIQUE INDEX job_i1 ON pgboss.job (name, COALESCE(singleton_key, '')) WHERE state = 'created' AND policy = 'short'$cmd$, tablename);
      ELSIF options->>'policy' = 'singleton' THEN
        EXECUTE pgboss.job_table_format($cmd$CREATE UNIQUE INDEX job_i2 ON pgboss.job (name, COALESCE(singleton_key, '')) WHERE state = 'active' AND policy = 'singleton'$cmd$, tablename);
      ELSIF options->>'policy' = 'stately' THEN
        EXECUTE pgboss.job_table_format($cmd$CREATE UNIQUE INDEX job_i3 ON pgboss.job (name, state, COALESCE(singleton_key, '')) WHERE state <= 'active' AND policy = 'stately'$cmd$, tablename);
      ELSIF options->>'policy' = 'exclusive' THEN
        EXECUTE pgboss.job_table_format($cmd$CREATE UNIQUE INDEX job_i6 ON pgboss.job (name, COALESCE(singleton_key, '')) WHERE state <= 'active' AND policy = 'exclusive'$cmd$, tablename);
      ELSIF options->>'policy' = 'key_strict_fifo' THEN
        EXECUTE pgboss.job_table_format($cmd$CREATE UNIQUE INDEX job_i8 ON pgboss.job (name, singleton_key) WHERE state IN ('active', 'retry', 'failed') AND policy = 'key_strict_fifo'$cmd$, tablename);
        EXECUTE pgboss.job_table_format($cmd$CREATE INDEX job_i10 ON pgboss.job (name, singleton_key, state DESC, created_on, id) INCLUDE (start_after) WHERE state < 'active' AND NOT blocked AND policy = 'key_strict_fifo'$cmd$, tablename);
        EXECUTE pgboss.job_table_format($cmd$ALTER TABLE pgboss.job ADD CONSTRAINT job_key_strict_fifo_singleton_key_check CHECK (NOT (policy = 'key_strict_fifo' AND singleton_key IS NULL))$cmd$, tablename);
      END IF;

      EXECUTE format('ALTER TABLE pgboss.%I ADD CONSTRAINT cjc CHECK (name=%L)', tablename, queue_name);
      EXECUTE format('ALTER TABLE pgboss.job ATTACH PARTITION pgboss.%I FOR VALUES IN (%L)', tablename, queue_name);
    END;
    $_$;


--
-- Name: delete_queue(text); Type: FUNCTION; Schema: pgboss; Owner: -
--

CREATE FUNCTION pgboss.delete_queue(queue_name text) RETURNS void
    LANGUAGE plpgsql
    AS $$
    DECLARE
      v_table varchar;
      v_partition bool;
    BEGIN
      
      SELECT table_name, partition
      FROM pgboss.queue
      WHERE name = queue_name
      INTO v_table, v_partition;

      IF v_partition THEN
        EXECUTE format('DROP TABLE IF EXISTS pgboss.%I', v_table);
      ELSE
        EXECUTE format('DELETE FROM pgboss.%I WHERE name = %L', v_table, queue_name);
      END IF;
    
      DELETE FROM pgboss.queue WHERE name = queue_name;
    END;
    $$;


--
-- Name: job_now(); Type: FUNCTION; Schema: pgboss; Owner: -
--

CREATE FUNCTION pgboss.job_now() RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    AS $$
      SELECT pg_catalog.now();
    $$;


--
-- Name: job_table_format(text, text); Type: FUNCTION; Schema: pgboss; Owner: -
--

CREATE FUNCTION pgboss.job_table_format(command text, table_name text) RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $_$
      SELECT format(
        regexp_replace(
          regexp_replace(command, '\.job\y', '.%1$I', 'g'),
          '\yjob_i(\d+)', '%1$s_i\1', 'g'
        ),
        table_name
      );
    $_$;


--
-- Name: job_table_run(text, text, text); Type: FUNCTION; Schema: pgboss; Owner: -
--

CREATE FUNCTION pgboss.job_table_run(command text, tbl_name text DEFAULT NULL::text, queue_name text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql
    AS $$
    DECLARE
      tbl RECORD;
    BEGIN
      IF queue_name IS NOT NULL THEN
        SELECT table_name INTO tbl_name FROM pgboss.queue WHERE name = queue_name;
      END IF;

      IF tbl_name IS NOT NULL THEN
        EXECUTE pgboss.job_table_format(command, tbl_name);
        RETURN;
      END IF;

      EXECUTE pgboss.job_table_format(command, 'job_common');

      FOR tbl IN SELECT table_name FROM pgboss.queue WHERE partition = true
      LOOP
        EXECUTE pgboss.job_table_format(command, tbl.table_name);
      END LOOP;
    END;
    $$;


--
-- Name: job_table_run_async(text, integer, text, text, text); Type: FUNCTION; Schema: pgboss; Owner: -
--

CREATE FUNCTION pgboss.job_table_run_async(command_name text, version integer, command text, tbl_name text DEFAULT NULL::text, queue_name text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql
    AS $$
    BEGIN
      IF queue_name IS NOT NULL THEN
        SELECT table_name INTO tbl_name FROM pgboss.queue WHERE name = queue_name;
      END IF;

      IF tbl_name IS NOT NULL THEN
        INSERT INTO pgboss.bam (name, version, status, queue, table_name, command)
        VALUES (
          command_name,
          version,
          'pending',
          queue_name,
          tbl_name,
          pgboss.job_table_format(command, tbl_name)
        );
        RETURN;
      END IF;

      INSERT INTO pgboss.bam (name, version, status, queue, table_name, command)
      SELECT
        command_name,
        version,
        'pending',
        NULL,
        'job_common',
        pgboss.job_table_format(command, 'job_common')
      UNION ALL
      SELECT
        command_name,
        version,
        'pending',
        queue.name,
        queue.table_name,
        pgboss.job_table_format(command, queue.table_name)
      FROM pgboss.queue
      WHERE partition = true;
    END;
    $$;


--
-- Name: darkroom_admit(text, jsonb, jsonb, integer, integer, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.darkroom_admit(this_node text, holds jsonb, asks jsonb, depth integer, batch_depth integer, is_shared boolean) RETURNS jsonb
    LANGUAGE plpgsql
    AS $$
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
      perform pg_advisory_xact_lock(7236418905);
      alive := clock_timestamp() - interval '5 seconds';
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
    end $$;


--
-- Name: darkroom_taken(text, text, jsonb, timestamp with time zone, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.darkroom_taken(lane text, this_node text, holds jsonb, alive timestamp with time zone, most integer) RETURNS jsonb
    LANGUAGE sql
    AS $$
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
    $$;


--
-- Name: number_job_change(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.number_job_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    begin
      perform pg_current_xact_id();
      new.change := nextval('job_changes');
      return new;
    end $$;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: bam; Type: TABLE; Schema: pgboss; Owner: -
--

CREATE TABLE pgboss.bam (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    version integer NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    queue text,
    table_name text NOT NULL,
    command text NOT NULL,
    error text,
    created_on timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    started_on timestamp with time zone,
    completed_on timestamp with time zone
);


--
-- Name: instance; Type: TABLE; Schema: pgboss; Owner: -
--

CREATE TABLE pgboss.instance (
    id uuid NOT NULL,
    name text,
    host text NOT NULL,
    pid integer NOT NULL,
    version text NOT NULL,
    node_version text NOT NULL,
    application_name text,
    heartbeat_seconds integer NOT NULL,
    supervise boolean NOT NULL,
    schedule boolean NOT NULL,
    migrate boolean NOT NULL,
    persist_queue_stats boolean NOT NULL,
    persist_warnings boolean NOT NULL,
    pool_max integer,
    pool_total integer,
    pool_idle integer,
    pool_waiting integer,
    workers jsonb DEFAULT '[]'::jsonb NOT NULL,
    metrics jsonb,
    config jsonb DEFAULT '{}'::jsonb NOT NULL,
    crash_restarts integer DEFAULT 0 NOT NULL,
    crash_restarts_since timestamp with time zone,
    started_on timestamp with time zone DEFAULT now() NOT NULL,
    heartbeat_on timestamp with time zone DEFAULT now() NOT NULL,
    stopped_on timestamp with time zone
);


--
-- Name: job; Type: TABLE; Schema: pgboss; Owner: -
--

CREATE TABLE pgboss.job (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    priority integer DEFAULT 0 NOT NULL,
    data jsonb,
    state pgboss.job_state DEFAULT 'created'::pgboss.job_state NOT NULL,
    retry_limit integer DEFAULT 2 NOT NULL,
    retry_count integer DEFAULT 0 NOT NULL,
    retry_delay integer DEFAULT 0 NOT NULL,
    retry_backoff boolean DEFAULT false NOT NULL,
    retry_delay_max integer,
    expire_seconds integer DEFAULT 900 NOT NULL,
    deletion_seconds integer DEFAULT 604800 NOT NULL,
    singleton_key text,
    singleton_on timestamp without time zone,
    group_id text,
    group_tier text,
    start_after timestamp with time zone DEFAULT now() NOT NULL,
    created_on timestamp with time zone DEFAULT now() NOT NULL,
    started_on timestamp with time zone,
    completed_on timestamp with time zone,
    keep_until timestamp with time zone DEFAULT (now() + '336:00:00'::interval) NOT NULL,
    output jsonb,
    dead_letter text,
    policy text,
    heartbeat_on timestamp with time zone,
    heartbeat_seconds integer,
    blocked boolean DEFAULT false NOT NULL,
    blocking boolean DEFAULT false NOT NULL,
    pending_dependencies integer DEFAULT 0 NOT NULL,
    source_name text,
    source_id uuid,
    source_created_on timestamp with time zone,
    source_retry_count integer,
    source_output jsonb,
    source_root_id uuid,
    trace_context jsonb,
    upsert_by_key boolean
)
PARTITION BY LIST (name);


--
-- Name: job_common; Type: TABLE; Schema: pgboss; Owner: -
--

CREATE TABLE pgboss.job_common (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    priority integer DEFAULT 0 NOT NULL,
    data jsonb,
    state pgboss.job_state DEFAULT 'created'::pgboss.job_state NOT NULL,
    retry_limit integer DEFAULT 2 NOT NULL,
    retry_count integer DEFAULT 0 NOT NULL,
    retry_delay integer DEFAULT 0 NOT NULL,
    retry_backoff boolean DEFAULT false NOT NULL,
    retry_delay_max integer,
    expire_seconds integer DEFAULT 900 NOT NULL,
    deletion_seconds integer DEFAULT 604800 NOT NULL,
    singleton_key text,
    singleton_on timestamp without time zone,
    group_id text,
    group_tier text,
    start_after timestamp with time zone DEFAULT now() NOT NULL,
    created_on timestamp with time zone DEFAULT now() NOT NULL,
    started_on timestamp with time zone,
    completed_on timestamp with time zone,
    keep_until timestamp with time zone DEFAULT (now() + '336:00:00'::interval) NOT NULL,
    output jsonb,
    dead_letter text,
    policy text,
    heartbeat_on timestamp with time zone,
    heartbeat_seconds integer,
    blocked boolean DEFAULT false NOT NULL,
    blocking boolean DEFAULT false NOT NULL,
    pending_dependencies integer DEFAULT 0 NOT NULL,
    source_name text,
    source_id uuid,
    source_created_on timestamp with time zone,
    source_retry_count integer,
    source_output jsonb,
    source_root_id uuid,
    trace_context jsonb,
    upsert_by_key boolean,
    CONSTRAINT job_key_strict_fifo_singleton_key_check CHECK ((NOT ((policy = 'key_strict_fifo'::text) AND (singleton_key IS NULL))))
);


--
-- Name: job_dependency; Type: TABLE; Schema: pgboss; Owner: -
--

CREATE TABLE pgboss.job_dependency (
    child_name text NOT NULL,
    child_id uuid NOT NULL,
    parent_name text NOT NULL,
    parent_id uuid NOT NULL
);


--
-- Name: queue; Type: TABLE; Schema: pgboss; Owner: -
--

CREATE TABLE pgboss.queue (
    name text NOT NULL,
    policy text NOT NULL,
    retry_limit integer NOT NULL,
    retry_delay integer NOT NULL,
    retry_backoff boolean NOT NULL,
    retry_delay_max integer,
    expire_seconds integer NOT NULL,
    retention_seconds integer NOT NULL,
    deletion_seconds integer NOT NULL,
    dead_letter text,
    partition boolean NOT NULL,
    table_name text NOT NULL,
    deferred_count integer DEFAULT 0 NOT NULL,
    blocked_count integer DEFAULT 0 NOT NULL,
    queued_count integer DEFAULT 0 NOT NULL,
    ready_count integer DEFAULT 0 NOT NULL,
    warning_queued integer DEFAULT 0 NOT NULL,
    active_count integer DEFAULT 0 NOT NULL,
    failed_count integer DEFAULT 0 NOT NULL,
    total_count integer DEFAULT 0 NOT NULL,
    retained_count integer,
    retained_on timestamp with time zone,
    created_delta integer DEFAULT 0 NOT NULL,
    completed_delta integer DEFAULT 0 NOT NULL,
    failed_delta integer DEFAULT 0 NOT NULL,
    delta_on timestamp with time zone,
    delta_seconds integer,
    wait_bins integer[],
    run_bins integer[],
    ready_oldest_seconds integer,
    ready_history integer[] DEFAULT '{}'::integer[] NOT NULL,
    heartbeat_seconds integer,
    notify boolean DEFAULT false NOT NULL,
    singletons_active text[],
    monitor_claim_on timestamp with time zone,
    monitor_on timestamp with time zone,
    maintain_on timestamp with time zone,
    created_on timestamp with time zone DEFAULT now() NOT NULL,
    updated_on timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT queue_check CHECK ((dead_letter IS DISTINCT FROM name))
);


--
-- Name: queue_stats; Type: TABLE; Schema: pgboss; Owner: -
--

CREATE TABLE pgboss.queue_stats (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    deferred_count integer DEFAULT 0 NOT NULL,
    queued_count integer DEFAULT 0 NOT NULL,
    ready_count integer DEFAULT 0 NOT NULL,
    active_count integer DEFAULT 0 NOT NULL,
    failed_count integer DEFAULT 0 NOT NULL,
    total_count integer DEFAULT 0 NOT NULL,
    created_delta integer,
    completed_delta integer,
    failed_delta integer,
    delta_seconds integer,
    delta_on timestamp with time zone,
    wait_bins integer[],
    run_bins integer[],
    ready_oldest_seconds integer,
    captured_on timestamp with time zone DEFAULT now() NOT NULL
)
PARTITION BY RANGE (captured_on);


--
-- Name: queue_stats_20261130; Type: TABLE; Schema: pgboss; Owner: -
--

CREATE TABLE pgboss.queue_stats_20261130 (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    deferred_count integer DEFAULT 0 NOT NULL,
    queued_count integer DEFAULT 0 NOT NULL,
    ready_count integer DEFAULT 0 NOT NULL,
    active_count integer DEFAULT 0 NOT NULL,
    failed_count integer DEFAULT 0 NOT NULL,
    total_count integer DEFAULT 0 NOT NULL,
    created_delta integer,
    completed_delta integer,
    failed_delta integer,
    delta_seconds integer,
    delta_on timestamp with time zone,
    wait_bins integer[],
    run_bins integer[],
    ready_oldest_seconds integer,
    captured_on timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: queue_stats_20261201; Type: TABLE; Schema: pgboss; Owner: -
--

CREATE TABLE pgboss.queue_stats_20261201 (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    deferred_count integer DEFAULT 0 NOT NULL,
    queued_count integer DEFAULT 0 NOT NULL,
    ready_count integer DEFAULT 0 NOT NULL,
    active_count integer DEFAULT 0 NOT NULL,
    failed_count integer DEFAULT 0 NOT NULL,
    total_count integer DEFAULT 0 NOT NULL,
    created_delta integer,
    completed_delta integer,
    failed_delta integer,
    delta_seconds integer,
    delta_on timestamp with time zone,
    wait_bins integer[],
    run_bins integer[],
    ready_oldest_seconds integer,
    captured_on timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: schedule; Type: TABLE; Schema: pgboss; Owner: -
--

CREATE TABLE pgboss.schedule (
    name text NOT NULL,
    key text DEFAULT ''::text NOT NULL,
    kind text DEFAULT 'cron'::text NOT NULL,
    cron text NOT NULL,
    timezone text DEFAULT 'UTC'::text,
    data jsonb,
    options jsonb,
    created_on timestamp with time zone DEFAULT now() NOT NULL,
    updated_on timestamp with time zone DEFAULT now() NOT NULL,
    last_job_id uuid,
    CONSTRAINT schedule_kind_check CHECK ((kind = ANY (ARRAY['cron'::text, 'rrule'::text])))
);


--
-- Name: subscription; Type: TABLE; Schema: pgboss; Owner: -
--

CREATE TABLE pgboss.subscription (
    event text NOT NULL,
    name text NOT NULL,
    created_on timestamp with time zone DEFAULT now() NOT NULL,
    updated_on timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: version; Type: TABLE; Schema: pgboss; Owner: -
--

CREATE TABLE pgboss.version (
    version integer NOT NULL,
    cron_on timestamp with time zone,
    bam_on timestamp with time zone,
    flow_on timestamp with time zone,
    reindex_on timestamp with time zone,
    monitor_backoff_on timestamp with time zone
);


--
-- Name: warning; Type: TABLE; Schema: pgboss; Owner: -
--

CREATE TABLE pgboss.warning (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    type text NOT NULL,
    message text NOT NULL,
    data jsonb,
    created_on timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: jobs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.jobs (
    id text NOT NULL,
    image_id text NOT NULL,
    preset text NOT NULL,
    state text NOT NULL,
    failure text,
    request_id text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    active_run text,
    recipe_digest text,
    shared_run_of text,
    tenant text,
    sha256 text,
    counted_from_run integer DEFAULT 1 NOT NULL,
    pipeline_version integer,
    is_batch integer DEFAULT 0 NOT NULL,
    is_fresh integer DEFAULT 0 NOT NULL,
    turn integer DEFAULT 0 NOT NULL,
    trace text,
    change bigint DEFAULT 0 NOT NULL
);


--
-- Name: changed_jobs; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.changed_jobs AS
 SELECT jobs.id,
    jobs.image_id,
    COALESCE(jobs.tenant, 'default'::text) AS tenant,
    jobs.state,
    jobs.failure,
    jobs.updated_at,
    jobs.change
   FROM public.jobs;


--
-- Name: deleted_images; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.deleted_images (
    id text NOT NULL,
    deleted_at bigint NOT NULL,
    tenant text DEFAULT 'default'::text NOT NULL
);


--
-- Name: idempotency_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.idempotency_keys (
    tenant text NOT NULL,
    key text NOT NULL,
    claim text NOT NULL,
    until bigint NOT NULL,
    fingerprint text,
    image_id text,
    job_id text,
    state text,
    node text
);


--
-- Name: image_metadata; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.image_metadata (
    image_id text NOT NULL,
    tenant text NOT NULL,
    field text NOT NULL,
    value text NOT NULL,
    created_at bigint NOT NULL
);


--
-- Name: images; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.images (
    id text NOT NULL,
    tenant text NOT NULL,
    sha256 text NOT NULL,
    bytes bigint NOT NULL,
    format text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    frames integer NOT NULL,
    preset text NOT NULL,
    metadata text,
    created_at bigint NOT NULL,
    published_run text,
    focus text,
    has_index integer,
    original_removed_at bigint,
    expires_at bigint
);


--
-- Name: job_changes; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.job_changes
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: kysely_migration; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.kysely_migration (
    name character varying(255) NOT NULL,
    "timestamp" character varying(255) NOT NULL
);


--
-- Name: kysely_migration_lock; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.kysely_migration_lock (
    id character varying(255) NOT NULL,
    is_locked integer DEFAULT 0 NOT NULL
);


--
-- Name: last_change; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.last_change AS
 SELECT
        CASE
            WHEN job_changes.is_called THEN job_changes.last_value
            ELSE (0)::bigint
        END AS number
   FROM public.job_changes;


--
-- Name: nodes; Type: TABLE; Schema: public; Owner: -
--

CREATE UNLOGGED TABLE public.nodes (
    id text NOT NULL,
    role text NOT NULL,
    host text NOT NULL,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    seen_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    slots integer NOT NULL,
    publishing jsonb DEFAULT '[]'::jsonb NOT NULL,
    decoder text,
    typical_run_ms double precision,
    held jsonb DEFAULT '{}'::jsonb NOT NULL
);


--
-- Name: open_changes; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.open_changes AS
 SELECT ((pg_current_xact_id())::text)::bigint AS begun,
    ((pg_snapshot_xmin(pg_current_snapshot()))::text)::bigint AS over;


--
-- Name: quarantine; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.quarantine (
    tenant text NOT NULL,
    sha256 text NOT NULL,
    decoder text NOT NULL,
    image_id text NOT NULL,
    job_id text NOT NULL,
    signal text,
    exit_code integer,
    at bigint NOT NULL
);


--
-- Name: queue_migration; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.queue_migration (
    name character varying(255) NOT NULL,
    "timestamp" character varying(255) NOT NULL
);


--
-- Name: queue_migration_lock; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.queue_migration_lock (
    id character varying(255) NOT NULL,
    is_locked integer DEFAULT 0 NOT NULL
);


--
-- Name: rate_limits; Type: TABLE; Schema: public; Owner: -
--

CREATE UNLOGGED TABLE public.rate_limits (
    key character varying(255) NOT NULL,
    points integer DEFAULT 0 NOT NULL,
    expire bigint
);


--
-- Name: recipes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.recipes (
    digest text NOT NULL,
    definition text NOT NULL,
    preset_digest text NOT NULL
);


--
-- Name: removals; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.removals (
    kind text NOT NULL,
    id text NOT NULL,
    tenant text NOT NULL,
    due_at bigint NOT NULL
);


--
-- Name: resumable_uploads; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.resumable_uploads (
    id text NOT NULL,
    tenant text NOT NULL,
    state text NOT NULL,
    bytes bigint NOT NULL,
    received bigint NOT NULL,
    parts text NOT NULL,
    metadata text NOT NULL,
    fields text NOT NULL,
    hold text,
    created_at bigint NOT NULL,
    until bigint NOT NULL,
    image_id text,
    job_id text,
    refusal text
);


--
-- Name: runs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.runs (
    id text NOT NULL,
    job_id text NOT NULL,
    worker_pid integer NOT NULL,
    started_at bigint NOT NULL,
    ended_at bigint,
    outcome text,
    signal text,
    exit_code integer,
    peak_rss_bytes bigint,
    failure text,
    number integer DEFAULT 1 NOT NULL,
    node text,
    lease text
);


--
-- Name: secrets; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.secrets (
    name text NOT NULL,
    secret text NOT NULL
);


--
-- Name: sets; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sets (
    run_id text NOT NULL,
    manifest text NOT NULL,
    published_at bigint NOT NULL,
    tenant text,
    sha256 text,
    recipe_digest text,
    pipeline_version integer,
    band_0 integer,
    band_1 integer,
    band_2 integer,
    band_3 integer,
    bytes bigint DEFAULT 0 NOT NULL
);


--
-- Name: upkeep; Type: TABLE; Schema: public; Owner: -
--

CREATE UNLOGGED TABLE public.upkeep (
    what text NOT NULL,
    at timestamp with time zone NOT NULL
);


--
-- Name: usage; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.usage (
    tenant text NOT NULL,
    images bigint NOT NULL,
    original_bytes bigint NOT NULL,
    variant_bytes bigint NOT NULL
);


--
-- Name: usage_changes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.usage_changes (
    id text NOT NULL,
    tenant text NOT NULL,
    images bigint NOT NULL,
    original_bytes bigint NOT NULL,
    variant_bytes bigint NOT NULL
);


--
-- Name: watermarks; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.watermarks (
    sha256 text NOT NULL,
    png text NOT NULL
);


--
-- Name: webhook_endpoints; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.webhook_endpoints (
    id text NOT NULL,
    disabled_at bigint,
    disabled_why text,
    succeeded_at bigint,
    failed_at bigint,
    failure text
);


--
-- Name: webhook_messages; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.webhook_messages (
    id text NOT NULL,
    endpoint text NOT NULL,
    event text NOT NULL,
    tenant text NOT NULL,
    image_id text NOT NULL,
    number integer NOT NULL,
    body text NOT NULL,
    metadata text,
    status text NOT NULL,
    created_at bigint NOT NULL,
    queued_at bigint NOT NULL,
    due_at bigint NOT NULL,
    tries integer NOT NULL,
    lease text,
    tried_at bigint,
    failure text
);


--
-- Name: job_common; Type: TABLE ATTACH; Schema: pgboss; Owner: -
--

ALTER TABLE ONLY pgboss.job ATTACH PARTITION pgboss.job_common DEFAULT;


--
-- Name: queue_stats_20261130; Type: TABLE ATTACH; Schema: pgboss; Owner: -
--

ALTER TABLE ONLY pgboss.queue_stats ATTACH PARTITION pgboss.queue_stats_20261130 FOR VALUES FROM ('2026-11-30 00:00:00+00') TO ('2026-12-01 00:00:00+00');


--
-- Name: queue_stats_20261201; Type: TABLE ATTACH; Schema: pgboss; Owner: -
--

ALTER TABLE ONLY pgboss.queue_stats ATTACH PARTITION pgboss.queue_stats_20261201 FOR VALUES FROM ('2026-12-01 00:00:00+00') TO ('2026-12-02 00:00:00+00');


--
-- Data for Name: bam; Type: TABLE DATA; Schema: pgboss; Owner: -
--



--
-- Data for Name: instance; Type: TABLE DATA; Schema: pgboss; Owner: -
--



--
-- Data for Name: job_common; Type: TABLE DATA; Schema: pgboss; Owner: -
--

INSERT INTO pgboss.job_common VALUES ('0d981f22-b479-4991-807c-11d923b9e62f', 'fresh', 0, '{"jobId": "6afd9556-35ad-4df3-b9fd-92e7687dde6a", "format": "jpeg", "preset": "default", "tenant": "default", "imageId": "309633f2-986d-422b-8fdf-69ef0977540d", "isBatch": false, "isSuspect": false, "requestId": "3a0825b4-f630-4b18-a2fd-a67b8c114046", "memoryBytes": 33638400, "recipeDigest": "3d8e1462cb6571c13bdfd8cf51213117916c9bef7e6b1de5adaaa430dbb58612"}', 'created', 2147483647, 0, 0, false, NULL, 86399, 1, '6afd9556-35ad-4df3-b9fd-92e7687dde6a', NULL, NULL, NULL, '2026-11-30 20:32:53.831873+00', '2026-11-30 20:32:53.831873+00', NULL, NULL, '2036-11-27 20:32:53.831873+00', NULL, NULL, 'exclusive', NULL, 10, false, false, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO pgboss.job_common VALUES ('c4c6797a-57f9-467a-8513-85a2b764f46c', 'fresh', 0, '{"jobId": "813ce1b3-8845-476b-a9dc-cc4c34a3fa2d", "format": "jpeg", "preset": "default", "tenant": "default", "imageId": "41b31d9a-5f57-4f9f-8648-5f5737385ee1", "isBatch": false, "isSuspect": false, "requestId": "50796308-469d-4cd4-a9d7-db1a965dc9b0", "memoryBytes": 33638400, "recipeDigest": "3d8e1462cb6571c13bdfd8cf51213117916c9bef7e6b1de5adaaa430dbb58612"}', 'active', 2147483647, 0, 0, false, NULL, 86399, 1, '813ce1b3-8845-476b-a9dc-cc4c34a3fa2d', NULL, NULL, NULL, '2026-11-30 20:32:53.751389+00', '2026-11-30 20:32:53.751389+00', '2026-11-30 20:32:53.771485+00', NULL, '2036-11-27 20:32:53.751389+00', NULL, NULL, 'exclusive', '2026-11-30 20:32:53.771485+00', 10, false, false, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);


--
-- Data for Name: job_dependency; Type: TABLE DATA; Schema: pgboss; Owner: -
--



--
-- Data for Name: queue; Type: TABLE DATA; Schema: pgboss; Owner: -
--

INSERT INTO pgboss.queue VALUES ('backlog', 'exclusive', 2147483647, 0, false, NULL, 86399, 315360000, 1, NULL, false, 'job_common', 0, 0, 0, 0, 0, 0, 0, 0, 0, '2026-11-30 20:32:43.748429+00', 0, 0, 0, NULL, NULL, NULL, NULL, NULL, '{0,0,0,0,0,0,0,0}', 10, false, NULL, '2026-11-30 20:32:53.732762+00', '2026-11-30 20:32:53.748429+00', '2026-11-30 20:32:52.663181+00', '2026-11-30 20:32:44.358909+00', '2026-11-30 20:32:44.358909+00');
INSERT INTO pgboss.queue VALUES ('batch', 'exclusive', 2147483647, 0, false, NULL, 86399, 315360000, 1, NULL, false, 'job_common', 0, 0, 0, 0, 0, 0, 0, 0, 0, '2026-11-30 20:32:43.748429+00', 0, 0, 0, NULL, NULL, NULL, NULL, NULL, '{0,0,0,0,0,0,0,0}', 10, false, NULL, '2026-11-30 20:32:53.732762+00', '2026-11-30 20:32:53.748429+00', '2026-11-30 20:32:52.663181+00', '2026-11-30 20:32:44.365715+00', '2026-11-30 20:32:44.365715+00');
INSERT INTO pgboss.queue VALUES ('fresh', 'exclusive', 2147483647, 0, false, NULL, 86399, 315360000, 1, NULL, false, 'job_common', 0, 0, 0, 0, 0, 0, 0, 0, 0, '2026-11-30 20:32:43.748429+00', 0, 0, 0, NULL, NULL, NULL, NULL, NULL, '{0,0,0,0,0,0,0,0}', 10, false, NULL, '2026-11-30 20:32:53.732762+00', '2026-11-30 20:32:53.748429+00', '2026-11-30 20:32:52.663181+00', '2026-11-30 20:32:44.345672+00', '2026-11-30 20:32:44.345672+00');


--
-- Data for Name: queue_stats_20261130; Type: TABLE DATA; Schema: pgboss; Owner: -
--



--
-- Data for Name: queue_stats_20261201; Type: TABLE DATA; Schema: pgboss; Owner: -
--



--
-- Data for Name: schedule; Type: TABLE DATA; Schema: pgboss; Owner: -
--



--
-- Data for Name: subscription; Type: TABLE DATA; Schema: pgboss; Owner: -
--



--
-- Data for Name: version; Type: TABLE DATA; Schema: pgboss; Owner: -
--

INSERT INTO pgboss.version VALUES (46, NULL, '2026-11-30 20:32:44.376841+00', '2026-11-30 20:32:49.386122+00', '2026-11-30 20:32:45.902234+00', NULL);


--
-- Data for Name: warning; Type: TABLE DATA; Schema: pgboss; Owner: -
--



--
-- Data for Name: deleted_images; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.deleted_images VALUES ('976d6d54-f89d-4b01-824c-9a7e79a820f5', 1796070771590, 'default');


--
-- Data for Name: idempotency_keys; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.idempotency_keys VALUES ('default', 'of a release', '7231fd13-7bf6-486a-ab8c-b617b68f03ec', 1796157166988, 'e79f26cecf1969d13bcd308fe28afa4d4c0f768e9c416e52f04994222424b7e6', 'e6dda023-53d9-414e-bcef-a27c573d003c', '4d4a01aa-d9a1-47f0-a085-bcaa21439062', 'queued', 'f85b5570-ef6f-4ac7-8850-254a92d26dc1');


--
-- Data for Name: image_metadata; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.image_metadata VALUES ('e6dda023-53d9-414e-bcef-a27c573d003c', 'default', 'listing', '4711', 1796070766988);
INSERT INTO public.image_metadata VALUES ('beeeb7db-b2fd-4cda-84a0-7e78720cd243', 'default', 'listing', '4711', 1796070767695);


--
-- Data for Name: images; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.images VALUES ('e6dda023-53d9-414e-bcef-a27c573d003c', 'default', '2d7dcd516b9d9ed1098a11a183c91c422e5d70bcdefb1f321d61560623bcc544', 840, 'jpeg', 64, 64, 1, 'default', '{"listing":"4711"}', 1796070766988, 'e061492d-870f-446c-b744-37ed9e573bc8', '{"x":0.25,"y":0.5}', 1, NULL, NULL);
INSERT INTO public.images VALUES ('beeeb7db-b2fd-4cda-84a0-7e78720cd243', 'default', '2d7dcd516b9d9ed1098a11a183c91c422e5d70bcdefb1f321d61560623bcc544', 840, 'jpeg', 64, 64, 1, 'default', '{"listing":"4711"}', 1796070767695, 'e061492d-870f-446c-b744-37ed9e573bc8', '{"x":0.25,"y":0.5}', 1, NULL, NULL);
INSERT INTO public.images VALUES ('ebaeabe7-d65e-470e-bc0b-bcb4b20b8dc0', 'default', '77dd519f7b3713027783d7a79e3a82bf16981b3f41234fd1e074d2f5a0115279', 72, 'gif', 65543, 8, 1, 'default', NULL, 1796070768129, NULL, NULL, 1, NULL, NULL);
INSERT INTO public.images VALUES ('579e08c1-a671-4bd7-9a80-2c5eb48ba565', 'default', '7e0b491c022ee2e9f7de9648e71d3d275de4ad724fb4bd2f4b7ac025d663fba1', 14610, 'jpeg', 320, 240, 1, 'default', NULL, 1796070768574, NULL, NULL, 1, NULL, NULL);
INSERT INTO public.images VALUES ('51dc9fd8-deea-451e-90fb-053fbc5a2bcc', 'default', '45924a9f906bced6065670aa4f9ad61248aa5ad4b7f9582b724121dc62f1dcd0', 840, 'jpeg', 64, 64, 1, 'default', NULL, 1796070767879, '6dbe8e0f-90dc-4cef-a2d4-c0ed852922fa', NULL, 1, NULL, NULL);
INSERT INTO public.images VALUES ('41b31d9a-5f57-4f9f-8648-5f5737385ee1', 'default', 'bbe75c7a4e01634ba02b99a5e28edc179470440e05a8ee47af7622307088a7bd', 840, 'jpeg', 64, 64, 1, 'default', NULL, 1796070773726, NULL, NULL, 1, NULL, NULL);
INSERT INTO public.images VALUES ('309633f2-986d-422b-8fdf-69ef0977540d', 'default', '004b7390571089aced114aa1f3e348c319354e5e49eb0de9ad35806c2602fa13', 840, 'jpeg', 64, 64, 1, 'default', NULL, 1796070773803, NULL, NULL, 1, NULL, NULL);


--
-- Data for Name: jobs; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.jobs VALUES ('4d4a01aa-d9a1-47f0-a085-bcaa21439062', 'e6dda023-53d9-414e-bcef-a27c573d003c', 'default', 'succeeded', NULL, 'a3df5323-feb6-4947-85bf-9636b4d0a4ee', 1796070766988, 1796070767563, NULL, '3d8e1462cb6571c13bdfd8cf51213117916c9bef7e6b1de5adaaa430dbb58612', NULL, 'default', '2d7dcd516b9d9ed1098a11a183c91c422e5d70bcdefb1f321d61560623bcc544', 1, 2, 0, 0, 0, NULL, 3);
INSERT INTO public.jobs VALUES ('eece4cd3-0907-45a8-9f8d-45fc5fcb1ad6', 'beeeb7db-b2fd-4cda-84a0-7e78720cd243', 'default', 'succeeded', NULL, '7a2f4b3a-0ec0-4d97-87ba-8febce9a036b', 1796070767695, 1796070767695, NULL, '3d8e1462cb6571c13bdfd8cf51213117916c9bef7e6b1de5adaaa430dbb58612', '4d4a01aa-d9a1-47f0-a085-bcaa21439062', 'default', '2d7dcd516b9d9ed1098a11a183c91c422e5d70bcdefb1f321d61560623bcc544', 1, 2, 0, 1, 0, NULL, 4);
INSERT INTO public.jobs VALUES ('4d011be9-97d9-4028-b765-41256822b956', '51dc9fd8-deea-451e-90fb-053fbc5a2bcc', 'default', 'succeeded', NULL, '7666344c-ecd4-45e0-bf21-d38a8316633a', 1796070767879, 1796070768747, NULL, '3d8e1462cb6571c13bdfd8cf51213117916c9bef7e6b1de5adaaa430dbb58612', NULL, 'default', '45924a9f906bced6065670aa4f9ad61248aa5ad4b7f9582b724121dc62f1dcd0', 1, 2, 0, 0, 0, NULL, 10);
INSERT INTO public.jobs VALUES ('12f1305b-bcc7-4393-9da7-c0f7bb9b4d66', 'ebaeabe7-d65e-470e-bc0b-bcb4b20b8dc0', 'default', 'failed', 'image_unreadable', '319da854-c461-4992-8313-056f78b4bf16', 1796070768129, 1796070768805, NULL, '3d8e1462cb6571c13bdfd8cf51213117916c9bef7e6b1de5adaaa430dbb58612', NULL, 'default', '77dd519f7b3713027783d7a79e3a82bf16981b3f41234fd1e074d2f5a0115279', 1, 2, 0, 0, 0, NULL, 11);
INSERT INTO public.jobs VALUES ('5091926a-3265-4136-be95-646933b17294', '976d6d54-f89d-4b01-824c-9a7e79a820f5', 'default', 'succeeded', NULL, '158e1c8c-1e7e-45c3-b6f4-d58fd0ed0a67', 1796070768779, 1796070770186, NULL, '3d8e1462cb6571c13bdfd8cf51213117916c9bef7e6b1de5adaaa430dbb58612', NULL, 'default', 'a24d9e06029992583293c5430ad715354d791309d8b642abec0c36d91cb8a2bf', 1, 2, 0, 0, 0, NULL, 16);
INSERT INTO public.jobs VALUES ('976fd387-4041-4c4d-90dc-cca7bae76a62', '579e08c1-a671-4bd7-9a80-2c5eb48ba565', 'default', 'quarantined', 'worker_crashed', '438c964d-9861-402f-9f00-0bfc449cd617', 1796070768574, 1796070771488, NULL, '3d8e1462cb6571c13bdfd8cf51213117916c9bef7e6b1de5adaaa430dbb58612', NULL, 'default', '7e0b491c022ee2e9f7de9648e71d3d275de4ad724fb4bd2f4b7ac025d663fba1', 1, 2, 0, 0, 0, NULL, 18);
INSERT INTO public.jobs VALUES ('813ce1b3-8845-476b-a9dc-cc4c34a3fa2d', '41b31d9a-5f57-4f9f-8648-5f5737385ee1', 'default', 'running', NULL, '50796308-469d-4cd4-a9d7-db1a965dc9b0', 1796070773726, 1796070773783, '074c1656-b826-4b32-a259-4a575417eee6', '3d8e1462cb6571c13bdfd8cf51213117916c9bef7e6b1de5adaaa430dbb58612', NULL, 'default', 'bbe75c7a4e01634ba02b99a5e28edc179470440e05a8ee47af7622307088a7bd', 1, 2, 0, 0, 0, NULL, 20);
INSERT INTO public.jobs VALUES ('6afd9556-35ad-4df3-b9fd-92e7687dde6a', '309633f2-986d-422b-8fdf-69ef0977540d', 'default', 'queued', NULL, '3a0825b4-f630-4b18-a2fd-a67b8c114046', 1796070773803, 1796070773803, NULL, '3d8e1462cb6571c13bdfd8cf51213117916c9bef7e6b1de5adaaa430dbb58612', NULL, 'default', '004b7390571089aced114aa1f3e348c319354e5e49eb0de9ad35806c2602fa13', 1, 2, 0, 1, 0, NULL, 21);


--
-- Data for Name: kysely_migration; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.kysely_migration VALUES ('0001-first', '2026-11-30T20:32:43.189Z');
INSERT INTO public.kysely_migration VALUES ('0002-quarantine', '2026-11-30T20:32:43.233Z');
INSERT INTO public.kysely_migration VALUES ('0003-sharing', '2026-11-30T20:32:43.297Z');
INSERT INTO public.kysely_migration VALUES ('0004-idempotency', '2026-11-30T20:32:43.329Z');
INSERT INTO public.kysely_migration VALUES ('0005-numbered-runs', '2026-11-30T20:32:43.369Z');
INSERT INTO public.kysely_migration VALUES ('0006-recipes', '2026-11-30T20:32:43.370Z');
INSERT INTO public.kysely_migration VALUES ('0007-perceptual-hashes', '2026-11-30T20:32:43.408Z');
INSERT INTO public.kysely_migration VALUES ('0008-kept-recipes', '2026-11-30T20:32:43.439Z');
INSERT INTO public.kysely_migration VALUES ('0009-reprocessing', '2026-11-30T20:32:43.459Z');
INSERT INTO public.kysely_migration VALUES ('0010-tenants-of-the-deleted', '2026-11-30T20:32:43.461Z');
INSERT INTO public.kysely_migration VALUES ('0011-nodes', '2026-11-30T20:32:43.494Z');
INSERT INTO public.kysely_migration VALUES ('0012-image-metadata', '2026-11-30T20:32:43.581Z');
INSERT INTO public.kysely_migration VALUES ('0012-image-removals', '2026-11-30T20:32:43.625Z');
INSERT INTO public.kysely_migration VALUES ('0012-outbox', '2026-11-30T20:32:43.663Z');
INSERT INTO public.kysely_migration VALUES ('0013-retention', '2026-11-30T20:32:43.685Z');
INSERT INTO public.kysely_migration VALUES ('0013-usage', '2026-11-30T20:32:43.729Z');
INSERT INTO public.kysely_migration VALUES ('0014-traces', '2026-11-30T20:32:43.730Z');
INSERT INTO public.kysely_migration VALUES ('0016-resumable-uploads', '2026-11-30T20:32:43.745Z');
INSERT INTO public.kysely_migration VALUES ('0017-changes', '2026-11-30T20:32:43.774Z');
INSERT INTO public.kysely_migration VALUES ('0017-webhooks', '2026-11-30T20:32:43.869Z');
INSERT INTO public.kysely_migration VALUES ('0018-no-outbox', '2026-11-30T20:32:43.872Z');


--
-- Data for Name: kysely_migration_lock; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.kysely_migration_lock VALUES ('migration_lock', 0);


--
-- Data for Name: nodes; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.nodes VALUES ('f85b5570-ef6f-4ac7-8850-254a92d26dc1', 'all', 'vm', '2026-11-30 20:32:45.067266+00', '2026-11-30 20:32:53.8135+00', 1, '[]', 'libvips 8.18.7, sharp 0.35.5, libheif 1.23.2', 232.7378844890252, '{"batch": {}, "fresh": {"default": 1}}');


--
-- Data for Name: quarantine; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.quarantine VALUES ('default', '7e0b491c022ee2e9f7de9648e71d3d275de4ad724fb4bd2f4b7ac025d663fba1', 'libvips 8.18.7, sharp 0.35.5, libheif 1.23.2', '579e08c1-a671-4bd7-9a80-2c5eb48ba565', '976fd387-4041-4c4d-90dc-cca7bae76a62', 'SIGSEGV', NULL, 1796070771488);


--
-- Data for Name: queue_migration; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.queue_migration VALUES ('0001-nodes', '2026-11-30T20:32:44.017Z');


--
-- Data for Name: queue_migration_lock; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.queue_migration_lock VALUES ('migration_lock', 0);


--
-- Data for Name: rate_limits; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: recipes; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.recipes VALUES ('3d8e1462cb6571c13bdfd8cf51213117916c9bef7e6b1de5adaaa430dbb58612', '{"preset":{"sizes":[{"name":"large","width":1600,"height":1600,"fit":"inside","position":"centre","sharpen":false,"watermark":false},{"name":"medium","width":800,"height":800,"fit":"inside","position":"centre","sharpen":false,"watermark":false},{"name":"thumb","width":320,"height":320,"fit":"cover","position":"centre","sharpen":false,"watermark":false}],"outputs":[{"format":"jpeg","quality":80,"effort":0},{"format":"webp","quality":80,"effort":2}],"background":"#ffffff","animated":false,"keepCopyright":false,"name":"default","watermark":null},"focus":null}', '3d8e1462cb6571c13bdfd8cf51213117916c9bef7e6b1de5adaaa430dbb58612');


--
-- Data for Name: removals; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: resumable_uploads; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.resumable_uploads VALUES ('bc61a7c4-6346-4bdf-8f7d-5bc10ffa6874', 'default', 'open', 86, 43, '[{"hold":"28398667-9faa-4e68-907f-0c73ea95eb4d","at":0,"bytes":43}]', '', '{}', '28398667-9faa-4e68-907f-0c73ea95eb4d', 1796070772102, 1796675572102, NULL, NULL, NULL);


--
-- Data for Name: runs; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.runs VALUES ('e061492d-870f-446c-b744-37ed9e573bc8', '4d4a01aa-d9a1-47f0-a085-bcaa21439062', 9304, 1796070767126, 1796070767563, 'succeeded', NULL, NULL, 120918016, NULL, 1, 'f85b5570-ef6f-4ac7-8850-254a92d26dc1', 'e355b7aa-5430-4b3a-b173-29c2d2870a85');
INSERT INTO public.runs VALUES ('6dbe8e0f-90dc-4cef-a2d4-c0ed852922fa', '4d011be9-97d9-4028-b765-41256822b956', 9304, 1796070768138, 1796070768747, 'succeeded', NULL, NULL, 124456960, NULL, 1, 'f85b5570-ef6f-4ac7-8850-254a92d26dc1', '0cccd6ef-0182-49b1-88d7-dd3db87c2500');
INSERT INTO public.runs VALUES ('3e2b7afe-1f8f-46e8-8193-c9ddd2355ce8', '12f1305b-bcc7-4393-9da7-c0f7bb9b4d66', 9304, 1796070768605, 1796070768805, 'rejected', NULL, NULL, 139313152, 'image_unreadable', 1, 'f85b5570-ef6f-4ac7-8850-254a92d26dc1', '5cb8dcca-ec8e-44e1-a882-c62054694d41');
INSERT INTO public.runs VALUES ('eb2b5540-7804-48a0-b220-a9669807cdeb', '976fd387-4041-4c4d-90dc-cca7bae76a62', 9304, 1796070768813, 1796070769082, 'crashed', 'SIGSEGV', NULL, NULL, 'worker_crashed', 1, 'f85b5570-ef6f-4ac7-8850-254a92d26dc1', '83b42b2c-bb4d-46a9-89b0-a5a6f25b4a09');
INSERT INTO public.runs VALUES ('01f70c85-4684-45d3-a58a-04b427234b42', '5091926a-3265-4136-be95-646933b17294', 9303, 1796070769136, 1796070770186, 'succeeded', NULL, NULL, 121139200, NULL, 1, 'f85b5570-ef6f-4ac7-8850-254a92d26dc1', 'f9896ec8-2f65-4792-a052-df7611860d7a');
INSERT INTO public.runs VALUES ('c35a6087-f3f5-4a2b-b28c-38005943f86e', '976fd387-4041-4c4d-90dc-cca7bae76a62', 9403, 1796070771282, 1796070771488, 'crashed', 'SIGSEGV', NULL, NULL, 'worker_crashed', 2, 'f85b5570-ef6f-4ac7-8850-254a92d26dc1', '618948b1-0417-4cf7-b45d-73bf9b13b8fd');
INSERT INTO public.runs VALUES ('074c1656-b826-4b32-a259-4a575417eee6', '813ce1b3-8845-476b-a9dc-cc4c34a3fa2d', 9498, 1796070773783, NULL, NULL, NULL, NULL, NULL, NULL, 1, 'f85b5570-ef6f-4ac7-8850-254a92d26dc1', 'c4c6797a-57f9-467a-8513-85a2b764f46c');


--
-- Data for Name: secrets; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.secrets VALUES ('signing', '1r6r/UrmaxoK2frniQTZP+yf61eaZZWQnvtw/IB5vbE=');


--
-- Data for Name: sets; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.sets VALUES ('e061492d-870f-446c-b744-37ed9e573bc8', '{"format":1,"pipelineVersion":2,"variants":[{"name":"large","format":"jpeg","width":64,"height":64,"bytes":527,"frames":1,"sha256":"5cfcc6879f88da9443072c88ce268f977a2bfb244a8a95447a1d0a65add3c818"},{"name":"large","format":"webp","width":64,"height":64,"bytes":102,"frames":1,"sha256":"466768ff8ca58856ff7fd49b356db5a77bbee9d26a68162b9015b9036bde507c"},{"name":"medium","format":"jpeg","width":64,"height":64,"bytes":527,"frames":1,"sha256":"5cfcc6879f88da9443072c88ce268f977a2bfb244a8a95447a1d0a65add3c818"},{"name":"medium","format":"webp","width":64,"height":64,"bytes":102,"frames":1,"sha256":"466768ff8ca58856ff7fd49b356db5a77bbee9d26a68162b9015b9036bde507c"},{"name":"thumb","format":"jpeg","width":64,"height":64,"bytes":527,"frames":1,"sha256":"5cfcc6879f88da9443072c88ce268f977a2bfb244a8a95447a1d0a65add3c818"},{"name":"thumb","format":"webp","width":64,"height":64,"bytes":102,"frames":1,"sha256":"466768ff8ca58856ff7fd49b356db5a77bbee9d26a68162b9015b9036bde507c"}],"description":{"thumbhash":"1fsDBwB4eIiId3iHh/h3eHh39lAYd4gA","colour":"#ff0003","perceptualHash":"0000000000000000","hasAlpha":false,"quality":{"sharpness":0,"brightness":0.212,"shadows":0,"highlights":0,"verdicts":["tiny"]}},"privacy":{"found":["profile"],"removed":["profile"]}}', 1796070767563, 'default', '2d7dcd516b9d9ed1098a11a183c91c422e5d70bcdefb1f321d61560623bcc544', '3d8e1462cb6571c13bdfd8cf51213117916c9bef7e6b1de5adaaa430dbb58612', 2, 0, 0, 0, 0, 1887);
INSERT INTO public.sets VALUES ('6dbe8e0f-90dc-4cef-a2d4-c0ed852922fa', '{"format":1,"pipelineVersion":2,"variants":[{"name":"large","format":"jpeg","width":64,"height":64,"bytes":527,"frames":1,"sha256":"5cfcc6879f88da9443072c88ce268f977a2bfb244a8a95447a1d0a65add3c818"},{"name":"large","format":"webp","width":64,"height":64,"bytes":102,"frames":1,"sha256":"466768ff8ca58856ff7fd49b356db5a77bbee9d26a68162b9015b9036bde507c"},{"name":"medium","format":"jpeg","width":64,"height":64,"bytes":527,"frames":1,"sha256":"5cfcc6879f88da9443072c88ce268f977a2bfb244a8a95447a1d0a65add3c818"},{"name":"medium","format":"webp","width":64,"height":64,"bytes":102,"frames":1,"sha256":"466768ff8ca58856ff7fd49b356db5a77bbee9d26a68162b9015b9036bde507c"},{"name":"thumb","format":"jpeg","width":64,"height":64,"bytes":527,"frames":1,"sha256":"5cfcc6879f88da9443072c88ce268f977a2bfb244a8a95447a1d0a65add3c818"},{"name":"thumb","format":"webp","width":64,"height":64,"bytes":102,"frames":1,"sha256":"466768ff8ca58856ff7fd49b356db5a77bbee9d26a68162b9015b9036bde507c"}],"description":{"thumbhash":"1fsDBwB4eIiId3iHh/h3eHh39lAYd4gA","colour":"#ff0003","perceptualHash":"0000000000000000","hasAlpha":false,"quality":{"sharpness":0,"brightness":0.212,"shadows":0,"highlights":0,"verdicts":["tiny"]}},"privacy":{"found":["profile"],"removed":["profile"]}}', 1796070768747, 'default', '45924a9f906bced6065670aa4f9ad61248aa5ad4b7f9582b724121dc62f1dcd0', '3d8e1462cb6571c13bdfd8cf51213117916c9bef7e6b1de5adaaa430dbb58612', 2, 0, 0, 0, 0, 1887);


--
-- Data for Name: upkeep; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.upkeep VALUES ('sweep', '2026-11-30 20:32:45.265713+00');
INSERT INTO public.upkeep VALUES ('reconcile', '2026-11-30 20:32:45.271614+00');
INSERT INTO public.upkeep VALUES ('index', '2026-11-30 20:32:45.312056+00');
INSERT INTO public.upkeep VALUES ('retention', '2026-11-30 20:32:51.525001+00');


--
-- Data for Name: usage; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.usage VALUES ('default', 6, 18042, 5661);


--
-- Data for Name: usage_changes; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.usage_changes VALUES ('8080cccd-3343-4400-8548-b603d0f2ff6b', 'default', -1, -840, 0);
INSERT INTO public.usage_changes VALUES ('2f4abdcc-fc13-4c72-a327-99c994e37c16', 'default', 0, 0, -1887);
INSERT INTO public.usage_changes VALUES ('1fa52f1b-f62f-4bde-8590-f7bd17b34ca0', 'default', 1, 840, 0);
INSERT INTO public.usage_changes VALUES ('c68f6274-0ca7-4e34-9a54-d8a99a7bc37e', 'default', 1, 840, 0);


--
-- Data for Name: watermarks; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: webhook_endpoints; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.webhook_endpoints VALUES ('nobody', NULL, NULL, NULL, 1796070773101, 'it is out of reach');


--
-- Data for Name: webhook_messages; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.webhook_messages VALUES ('828c2b46-a3cf-4c81-9fc7-2af81788a910', 'nobody', 'image.ready', 'default', 'beeeb7db-b2fd-4cda-84a0-7e78720cd243', 1, '{"type":"image.ready","timestamp":"2026-11-30T20:32:47.695Z","data":{"imageId":"beeeb7db-b2fd-4cda-84a0-7e78720cd243","jobId":"eece4cd3-0907-45a8-9f8d-45fc5fcb1ad6","tenant":"default","reason":"uploaded","links":{"self":"/images/beeeb7db-b2fd-4cda-84a0-7e78720cd243","job":"/jobs/eece4cd3-0907-45a8-9f8d-45fc5fcb1ad6"},"metadata":null,"status":"succeeded","variants":[{"name":"large","format":"jpeg","width":64,"height":64,"bytes":527,"sha256":"5cfcc6879f88da9443072c88ce268f977a2bfb244a8a95447a1d0a65add3c818","frames":1,"url":"/images/beeeb7db-b2fd-4cda-84a0-7e78720cd243/large.5cfcc6879f88da94.jpg"},{"name":"large","format":"webp","width":64,"height":64,"bytes":102,"sha256":"466768ff8ca58856ff7fd49b356db5a77bbee9d26a68162b9015b9036bde507c","frames":1,"url":"/images/beeeb7db-b2fd-4cda-84a0-7e78720cd243/large.466768ff8ca58856.webp"},{"name":"medium","format":"jpeg","width":64,"height":64,"bytes":527,"sha256":"5cfcc6879f88da9443072c88ce268f977a2bfb244a8a95447a1d0a65add3c818","frames":1,"url":"/images/beeeb7db-b2fd-4cda-84a0-7e78720cd243/medium.5cfcc6879f88da94.jpg"},{"name":"medium","format":"webp","width":64,"height":64,"bytes":102,"sha256":"466768ff8ca58856ff7fd49b356db5a77bbee9d26a68162b9015b9036bde507c","frames":1,"url":"/images/beeeb7db-b2fd-4cda-84a0-7e78720cd243/medium.466768ff8ca58856.webp"},{"name":"thumb","format":"jpeg","width":64,"height":64,"bytes":527,"sha256":"5cfcc6879f88da9443072c88ce268f977a2bfb244a8a95447a1d0a65add3c818","frames":1,"url":"/images/beeeb7db-b2fd-4cda-84a0-7e78720cd243/thumb.5cfcc6879f88da94.jpg"},{"name":"thumb","format":"webp","width":64,"height":64,"bytes":102,"sha256":"466768ff8ca58856ff7fd49b356db5a77bbee9d26a68162b9015b9036bde507c","frames":1,"url":"/images/beeeb7db-b2fd-4cda-84a0-7e78720cd243/thumb.466768ff8ca58856.webp"}]}}', '{"listing":"4711"}', 'waiting', 1796070767695, 1796070767695, 1796070776930, 2, NULL, 1796070771073, 'it is out of reach');
INSERT INTO public.webhook_messages VALUES ('e4f9ab73-42f6-4782-8298-b76b16b0d61e', 'nobody', 'image.ready', 'default', '51dc9fd8-deea-451e-90fb-053fbc5a2bcc', 1, '{"type":"image.ready","timestamp":"2026-11-30T20:32:48.747Z","data":{"imageId":"51dc9fd8-deea-451e-90fb-053fbc5a2bcc","jobId":"4d011be9-97d9-4028-b765-41256822b956","tenant":"default","reason":"uploaded","links":{"self":"/images/51dc9fd8-deea-451e-90fb-053fbc5a2bcc","job":"/jobs/4d011be9-97d9-4028-b765-41256822b956"},"metadata":null,"status":"succeeded","variants":[{"name":"large","format":"jpeg","width":64,"height":64,"bytes":527,"sha256":"5cfcc6879f88da9443072c88ce268f977a2bfb244a8a95447a1d0a65add3c818","frames":1,"url":"/images/51dc9fd8-deea-451e-90fb-053fbc5a2bcc/large.5cfcc6879f88da94.jpg"},{"name":"large","format":"webp","width":64,"height":64,"bytes":102,"sha256":"466768ff8ca58856ff7fd49b356db5a77bbee9d26a68162b9015b9036bde507c","frames":1,"url":"/images/51dc9fd8-deea-451e-90fb-053fbc5a2bcc/large.466768ff8ca58856.webp"},{"name":"medium","format":"jpeg","width":64,"height":64,"bytes":527,"sha256":"5cfcc6879f88da9443072c88ce268f977a2bfb244a8a95447a1d0a65add3c818","frames":1,"url":"/images/51dc9fd8-deea-451e-90fb-053fbc5a2bcc/medium.5cfcc6879f88da94.jpg"},{"name":"medium","format":"webp","width":64,"height":64,"bytes":102,"sha256":"466768ff8ca58856ff7fd49b356db5a77bbee9d26a68162b9015b9036bde507c","frames":1,"url":"/images/51dc9fd8-deea-451e-90fb-053fbc5a2bcc/medium.466768ff8ca58856.webp"},{"name":"thumb","format":"jpeg","width":64,"height":64,"bytes":527,"sha256":"5cfcc6879f88da9443072c88ce268f977a2bfb244a8a95447a1d0a65add3c818","frames":1,"url":"/images/51dc9fd8-deea-451e-90fb-053fbc5a2bcc/thumb.5cfcc6879f88da94.jpg"},{"name":"thumb","format":"webp","width":64,"height":64,"bytes":102,"sha256":"466768ff8ca58856ff7fd49b356db5a77bbee9d26a68162b9015b9036bde507c","frames":1,"url":"/images/51dc9fd8-deea-451e-90fb-053fbc5a2bcc/thumb.466768ff8ca58856.webp"}]}}', NULL, 'waiting', 1796070768747, 1796070768747, 1796070781861, 2, NULL, 1796070772122, 'it is out of reach');
INSERT INTO public.webhook_messages VALUES ('370356c6-f631-4465-9046-3b29be0d3eb0', 'nobody', 'image.ready', 'default', 'e6dda023-53d9-414e-bcef-a27c573d003c', 1, '{"type":"image.ready","timestamp":"2026-11-30T20:32:47.563Z","data":{"imageId":"e6dda023-53d9-414e-bcef-a27c573d003c","jobId":"4d4a01aa-d9a1-47f0-a085-bcaa21439062","tenant":"default","reason":"uploaded","links":{"self":"/images/e6dda023-53d9-414e-bcef-a27c573d003c","job":"/jobs/4d4a01aa-d9a1-47f0-a085-bcaa21439062"},"metadata":null,"status":"succeeded","variants":[{"name":"large","format":"jpeg","width":64,"height":64,"bytes":527,"sha256":"5cfcc6879f88da9443072c88ce268f977a2bfb244a8a95447a1d0a65add3c818","frames":1,"url":"/images/e6dda023-53d9-414e-bcef-a27c573d003c/large.5cfcc6879f88da94.jpg"},{"name":"large","format":"webp","width":64,"height":64,"bytes":102,"sha256":"466768ff8ca58856ff7fd49b356db5a77bbee9d26a68162b9015b9036bde507c","frames":1,"url":"/images/e6dda023-53d9-414e-bcef-a27c573d003c/large.466768ff8ca58856.webp"},{"name":"medium","format":"jpeg","width":64,"height":64,"bytes":527,"sha256":"5cfcc6879f88da9443072c88ce268f977a2bfb244a8a95447a1d0a65add3c818","frames":1,"url":"/images/e6dda023-53d9-414e-bcef-a27c573d003c/medium.5cfcc6879f88da94.jpg"},{"name":"medium","format":"webp","width":64,"height":64,"bytes":102,"sha256":"466768ff8ca58856ff7fd49b356db5a77bbee9d26a68162b9015b9036bde507c","frames":1,"url":"/images/e6dda023-53d9-414e-bcef-a27c573d003c/medium.466768ff8ca58856.webp"},{"name":"thumb","format":"jpeg","width":64,"height":64,"bytes":527,"sha256":"5cfcc6879f88da9443072c88ce268f977a2bfb244a8a95447a1d0a65add3c818","frames":1,"url":"/images/e6dda023-53d9-414e-bcef-a27c573d003c/thumb.5cfcc6879f88da94.jpg"},{"name":"thumb","format":"webp","width":64,"height":64,"bytes":102,"sha256":"466768ff8ca58856ff7fd49b356db5a77bbee9d26a68162b9015b9036bde507c","frames":1,"url":"/images/e6dda023-53d9-414e-bcef-a27c573d003c/thumb.466768ff8ca58856.webp"}]}}', '{"listing":"4711"}', 'waiting', 1796070767563, 1796070767563, 1796070782327, 2, NULL, 1796070773094, 'it is out of reach');
INSERT INTO public.webhook_messages VALUES ('ae43b41b-a2f3-40da-ad86-3d7b59e132a4', 'nobody', 'image.quarantined', 'default', '579e08c1-a671-4bd7-9a80-2c5eb48ba565', 1, '{"type":"image.quarantined","timestamp":"2026-11-30T20:32:51.488Z","data":{"imageId":"579e08c1-a671-4bd7-9a80-2c5eb48ba565","jobId":"976fd387-4041-4c4d-90dc-cca7bae76a62","tenant":"default","reason":"uploaded","links":{"self":"/images/579e08c1-a671-4bd7-9a80-2c5eb48ba565","job":"/jobs/976fd387-4041-4c4d-90dc-cca7bae76a62"},"metadata":null,"status":"quarantined","failure":"worker_crashed"}}', NULL, 'waiting', 1796070771488, 1796070771488, 1796070776406, 1, NULL, 1796070771548, 'it is out of reach');
INSERT INTO public.webhook_messages VALUES ('e5f1c057-271c-4543-8586-904008780364', 'nobody', 'image.failed', 'default', 'ebaeabe7-d65e-470e-bc0b-bcb4b20b8dc0', 1, '{"type":"image.failed","timestamp":"2026-11-30T20:32:48.805Z","data":{"imageId":"ebaeabe7-d65e-470e-bc0b-bcb4b20b8dc0","jobId":"12f1305b-bcc7-4393-9da7-c0f7bb9b4d66","tenant":"default","reason":"uploaded","links":{"self":"/images/ebaeabe7-d65e-470e-bc0b-bcb4b20b8dc0","job":"/jobs/12f1305b-bcc7-4393-9da7-c0f7bb9b4d66"},"metadata":null,"status":"failed","failure":"image_unreadable"}}', NULL, 'waiting', 1796070768805, 1796070768805, 1796070781531, 2, NULL, 1796070773094, 'it is out of reach');
INSERT INTO public.webhook_messages VALUES ('c29b384c-a1e1-4ac1-94d0-85b4efc667c7', 'nobody', 'image.ready', 'default', '976d6d54-f89d-4b01-824c-9a7e79a820f5', 1, '{"type":"image.ready","timestamp":"2026-11-30T20:32:50.186Z","data":{"imageId":"976d6d54-f89d-4b01-824c-9a7e79a820f5","jobId":"5091926a-3265-4136-be95-646933b17294","tenant":"default","reason":"uploaded","links":{"self":"/images/976d6d54-f89d-4b01-824c-9a7e79a820f5","job":"/jobs/5091926a-3265-4136-be95-646933b17294"},"metadata":null,"status":"succeeded","variants":[{"name":"large","format":"jpeg","width":64,"height":64,"bytes":527,"sha256":"5cfcc6879f88da9443072c88ce268f977a2bfb244a8a95447a1d0a65add3c818","frames":1,"url":"/images/976d6d54-f89d-4b01-824c-9a7e79a820f5/large.5cfcc6879f88da94.jpg"},{"name":"large","format":"webp","width":64,"height":64,"bytes":102,"sha256":"466768ff8ca58856ff7fd49b356db5a77bbee9d26a68162b9015b9036bde507c","frames":1,"url":"/images/976d6d54-f89d-4b01-824c-9a7e79a820f5/large.466768ff8ca58856.webp"},{"name":"medium","format":"jpeg","width":64,"height":64,"bytes":527,"sha256":"5cfcc6879f88da9443072c88ce268f977a2bfb244a8a95447a1d0a65add3c818","frames":1,"url":"/images/976d6d54-f89d-4b01-824c-9a7e79a820f5/medium.5cfcc6879f88da94.jpg"},{"name":"medium","format":"webp","width":64,"height":64,"bytes":102,"sha256":"466768ff8ca58856ff7fd49b356db5a77bbee9d26a68162b9015b9036bde507c","frames":1,"url":"/images/976d6d54-f89d-4b01-824c-9a7e79a820f5/medium.466768ff8ca58856.webp"},{"name":"thumb","format":"jpeg","width":64,"height":64,"bytes":527,"sha256":"5cfcc6879f88da9443072c88ce268f977a2bfb244a8a95447a1d0a65add3c818","frames":1,"url":"/images/976d6d54-f89d-4b01-824c-9a7e79a820f5/thumb.5cfcc6879f88da94.jpg"},{"name":"thumb","format":"webp","width":64,"height":64,"bytes":102,"sha256":"466768ff8ca58856ff7fd49b356db5a77bbee9d26a68162b9015b9036bde507c","frames":1,"url":"/images/976d6d54-f89d-4b01-824c-9a7e79a820f5/thumb.466768ff8ca58856.webp"}]}}', NULL, 'waiting', 1796070770186, 1796070770186, 1796070781125, 2, NULL, 1796070773094, 'it is out of reach');
INSERT INTO public.webhook_messages VALUES ('4d475b3a-d1b3-4f48-aeb4-491d07f2d3be', 'nobody', 'image.changed', 'default', '976d6d54-f89d-4b01-824c-9a7e79a820f5', 2, '{"type":"image.changed","timestamp":"2026-11-30T20:32:51.590Z","data":{"imageId":"976d6d54-f89d-4b01-824c-9a7e79a820f5","tenant":"default","reason":"deleted","urls":["/images/976d6d54-f89d-4b01-824c-9a7e79a820f5/large.5cfcc6879f88da94.jpg","/images/976d6d54-f89d-4b01-824c-9a7e79a820f5/large.jpg","/images/976d6d54-f89d-4b01-824c-9a7e79a820f5/large","/images/976d6d54-f89d-4b01-824c-9a7e79a820f5/large.466768ff8ca58856.webp","/images/976d6d54-f89d-4b01-824c-9a7e79a820f5/large.webp","/images/976d6d54-f89d-4b01-824c-9a7e79a820f5/medium.5cfcc6879f88da94.jpg","/images/976d6d54-f89d-4b01-824c-9a7e79a820f5/medium.jpg","/images/976d6d54-f89d-4b01-824c-9a7e79a820f5/medium","/images/976d6d54-f89d-4b01-824c-9a7e79a820f5/medium.466768ff8ca58856.webp","/images/976d6d54-f89d-4b01-824c-9a7e79a820f5/medium.webp","/images/976d6d54-f89d-4b01-824c-9a7e79a820f5/thumb.5cfcc6879f88da94.jpg","/images/976d6d54-f89d-4b01-824c-9a7e79a820f5/thumb.jpg","/images/976d6d54-f89d-4b01-824c-9a7e79a820f5/thumb","/images/976d6d54-f89d-4b01-824c-9a7e79a820f5/thumb.466768ff8ca58856.webp","/images/976d6d54-f89d-4b01-824c-9a7e79a820f5/thumb.webp"]}}', NULL, 'waiting', 1796070771590, 1796070771590, 1796070781125, 0, NULL, NULL, NULL);
INSERT INTO public.webhook_messages VALUES ('769de904-b4e9-46d3-b9df-8e24061a9534', 'nobody', 'image.deleted', 'default', '976d6d54-f89d-4b01-824c-9a7e79a820f5', 3, '{"type":"image.deleted","timestamp":"2026-11-30T20:32:51.590Z","data":{"imageId":"976d6d54-f89d-4b01-824c-9a7e79a820f5","tenant":"default","status":"deleted","reason":"deleted"}}', NULL, 'waiting', 1796070771590, 1796070771590, 1796070781125, 0, NULL, NULL, NULL);


--
-- Name: job_changes; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.job_changes', 21, true);


--
-- Name: bam bam_pkey; Type: CONSTRAINT; Schema: pgboss; Owner: -
--

ALTER TABLE ONLY pgboss.bam
    ADD CONSTRAINT bam_pkey PRIMARY KEY (id);


--
-- Name: instance instance_pkey; Type: CONSTRAINT; Schema: pgboss; Owner: -
--

ALTER TABLE ONLY pgboss.instance
    ADD CONSTRAINT instance_pkey PRIMARY KEY (id);


--
-- Name: job job_pkey; Type: CONSTRAINT; Schema: pgboss; Owner: -
--

ALTER TABLE ONLY pgboss.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (name, id);


--
-- Name: job_common job_common_pkey; Type: CONSTRAINT; Schema: pgboss; Owner: -
--

ALTER TABLE ONLY pgboss.job_common
    ADD CONSTRAINT job_common_pkey PRIMARY KEY (name, id);


--
-- Name: job_dependency job_dependency_pkey; Type: CONSTRAINT; Schema: pgboss; Owner: -
--

ALTER TABLE ONLY pgboss.job_dependency
    ADD CONSTRAINT job_dependency_pkey PRIMARY KEY (child_name, child_id, parent_name, parent_id);


--
-- Name: queue queue_pkey; Type: CONSTRAINT; Schema: pgboss; Owner: -
--

ALTER TABLE ONLY pgboss.queue
    ADD CONSTRAINT queue_pkey PRIMARY KEY (name);


--
-- Name: queue_stats queue_stats_pkey; Type: CONSTRAINT; Schema: pgboss; Owner: -
--

ALTER TABLE ONLY pgboss.queue_stats
    ADD CONSTRAINT queue_stats_pkey PRIMARY KEY (id, captured_on);


--
-- Name: queue_stats_20261130 queue_stats_20261130_pkey; Type: CONSTRAINT; Schema: pgboss; Owner: -
--

ALTER TABLE ONLY pgboss.queue_stats_20261130
    ADD CONSTRAINT queue_stats_20261130_pkey PRIMARY KEY (id, captured_on);


--
-- Name: queue_stats_20261201 queue_stats_20261201_pkey; Type: CONSTRAINT; Schema: pgboss; Owner: -
--

ALTER TABLE ONLY pgboss.queue_stats_20261201
    ADD CONSTRAINT queue_stats_20261201_pkey PRIMARY KEY (id, captured_on);


--
-- Name: schedule schedule_pkey; Type: CONSTRAINT; Schema: pgboss; Owner: -
--

ALTER TABLE ONLY pgboss.schedule
    ADD CONSTRAINT schedule_pkey PRIMARY KEY (name, key);


--
-- Name: subscription subscription_pkey; Type: CONSTRAINT; Schema: pgboss; Owner: -
--

ALTER TABLE ONLY pgboss.subscription
    ADD CONSTRAINT subscription_pkey PRIMARY KEY (event, name);


--
-- Name: version version_pkey; Type: CONSTRAINT; Schema: pgboss; Owner: -
--

ALTER TABLE ONLY pgboss.version
    ADD CONSTRAINT version_pkey PRIMARY KEY (version);


--
-- Name: warning warning_pkey; Type: CONSTRAINT; Schema: pgboss; Owner: -
--

ALTER TABLE ONLY pgboss.warning
    ADD CONSTRAINT warning_pkey PRIMARY KEY (id);


--
-- Name: deleted_images deleted_images_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.deleted_images
    ADD CONSTRAINT deleted_images_pkey PRIMARY KEY (id);


--
-- Name: idempotency_keys idempotency_keys_claim_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_claim_key UNIQUE (claim);


--
-- Name: idempotency_keys idempotency_keys_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_key PRIMARY KEY (tenant, key);


--
-- Name: image_metadata image_metadata_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_metadata
    ADD CONSTRAINT image_metadata_key PRIMARY KEY (image_id, field);


--
-- Name: images images_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.images
    ADD CONSTRAINT images_pkey PRIMARY KEY (id);


--
-- Name: jobs jobs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (id);


--
-- Name: kysely_migration_lock kysely_migration_lock_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.kysely_migration_lock
    ADD CONSTRAINT kysely_migration_lock_pkey PRIMARY KEY (id);


--
-- Name: kysely_migration kysely_migration_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.kysely_migration
    ADD CONSTRAINT kysely_migration_pkey PRIMARY KEY (name);


--
-- Name: nodes nodes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.nodes
    ADD CONSTRAINT nodes_pkey PRIMARY KEY (id);


--
-- Name: quarantine quarantine_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.quarantine
    ADD CONSTRAINT quarantine_key PRIMARY KEY (tenant, sha256, decoder);


--
-- Name: queue_migration_lock queue_migration_lock_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.queue_migration_lock
    ADD CONSTRAINT queue_migration_lock_pkey PRIMARY KEY (id);


--
-- Name: queue_migration queue_migration_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.queue_migration
    ADD CONSTRAINT queue_migration_pkey PRIMARY KEY (name);


--
-- Name: rate_limits rate_limits_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.rate_limits
    ADD CONSTRAINT rate_limits_pkey PRIMARY KEY (key);


--
-- Name: recipes recipes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.recipes
    ADD CONSTRAINT recipes_pkey PRIMARY KEY (digest);


--
-- Name: removals removals_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.removals
    ADD CONSTRAINT removals_key PRIMARY KEY (kind, id);


--
-- Name: resumable_uploads resumable_uploads_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.resumable_uploads
    ADD CONSTRAINT resumable_uploads_pkey PRIMARY KEY (id);


--
-- Name: runs runs_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (id);


--
-- Name: secrets secrets_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.secrets
    ADD CONSTRAINT secrets_pkey PRIMARY KEY (name);


--
-- Name: sets sets_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sets
    ADD CONSTRAINT sets_pkey PRIMARY KEY (run_id);


--
-- Name: upkeep upkeep_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.upkeep
    ADD CONSTRAINT upkeep_pkey PRIMARY KEY (what);


--
-- Name: usage_changes usage_changes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.usage_changes
    ADD CONSTRAINT usage_changes_pkey PRIMARY KEY (id);


--
-- Name: usage usage_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.usage
    ADD CONSTRAINT usage_pkey PRIMARY KEY (tenant);


--
-- Name: watermarks watermarks_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.watermarks
    ADD CONSTRAINT watermarks_pkey PRIMARY KEY (sha256);


--
-- Name: webhook_endpoints webhook_endpoints_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.webhook_endpoints
    ADD CONSTRAINT webhook_endpoints_pkey PRIMARY KEY (id);


--
-- Name: webhook_messages webhook_messages_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.webhook_messages
    ADD CONSTRAINT webhook_messages_pkey PRIMARY KEY (id);


--
-- Name: job_common_i1; Type: INDEX; Schema: pgboss; Owner: -
--

CREATE UNIQUE INDEX job_common_i1 ON pgboss.job_common USING btree (name, COALESCE(singleton_key, ''::text)) WHERE ((state = 'created'::pgboss.job_state) AND (policy = 'short'::text));


--
-- Name: job_common_i10; Type: INDEX; Schema: pgboss; Owner: -
--

CREATE INDEX job_common_i10 ON pgboss.job_common USING btree (name, singleton_key, state DESC, created_on, id) INCLUDE (start_after) WHERE ((state < 'active'::pgboss.job_state) AND (NOT blocked) AND (policy = 'key_strict_fifo'::text));


--
-- Name: job_common_i11; Type: INDEX; Schema: pgboss; Owner: -
--

CREATE INDEX job_common_i11 ON pgboss.job_common USING btree (name, priority DESC, created_on, start_after) WHERE ((state < 'active'::pgboss.job_state) AND (NOT blocked));


--
-- Name: job_common_i12; Type: INDEX; Schema: pgboss; Owner: -
--

CREATE INDEX job_common_i12 ON pgboss.job_common USING btree (source_root_id) WHERE (source_root_id IS NOT NULL);


--
-- Name: job_common_i13; Type: INDEX; Schema: pgboss; Owner: -
--

CREATE UNIQUE INDEX job_common_i13 ON pgboss.job_common USING btree (name, singleton_key) WHERE ((state = 'created'::pgboss.job_state) AND upsert_by_key);


--
-- Name: job_common_i14; Type: INDEX; Schema: pgboss; Owner: -
--

CREATE INDEX job_common_i14 ON pgboss.job_common USING btree (name, state, blocked, start_after) WHERE (state = ANY (ARRAY['created'::pgboss.job_state, 'retry'::pgboss.job_state, 'active'::pgboss.job_state, 'failed'::pgboss.job_state]));


--
-- Name: job_common_i15; Type: INDEX; Schema: pgboss; Owner: -
--

CREATE INDEX job_common_i15 ON pgboss.job_common USING btree (name, created_on);


--
-- Name: job_common_i16; Type: INDEX; Schema: pgboss; Owner: -
--

CREATE INDEX job_common_i16 ON pgboss.job_common USING btree (name, completed_on) WHERE (completed_on IS NOT NULL);


--
-- Name: job_common_i17; Type: INDEX; Schema: pgboss; Owner: -
--

CREATE INDEX job_common_i17 ON pgboss.job_common USING btree (name, singleton_key, created_on) WHERE ((state < 'active'::pgboss.job_state) AND (singleton_key IS NOT NULL));


--
-- Name: job_common_i2; Type: INDEX; Schema: pgboss; Owner: -
--

CREATE UNIQUE INDEX job_common_i2 ON pgboss.job_common USING btree (name, COALESCE(singleton_key, ''::text)) WHERE ((state = 'active'::pgboss.job_state) AND (policy = 'singleton'::text));


--
-- Name: job_common_i3; Type: INDEX; Schema: pgboss; Owner: -
--

CREATE UNIQUE INDEX job_common_i3 ON pgboss.job_common USING btree (name, state, COALESCE(singleton_key, ''::text)) WHERE ((state <= 'active'::pgboss.job_state) AND (policy = 'stately'::text));


--
-- Name: job_common_i4; Type: INDEX; Schema: pgboss; Owner: -
--

CREATE UNIQUE INDEX job_common_i4 ON pgboss.job_common USING btree (name, singleton_on, COALESCE(singleton_key, ''::text)) WHERE ((state <> 'cancelled'::pgboss.job_state) AND (singleton_on IS NOT NULL));


--
-- Name: job_common_i6; Type: INDEX; Schema: pgboss; Owner: -
--

CREATE UNIQUE INDEX job_common_i6 ON pgboss.job_common USING btree (name, COALESCE(singleton_key, ''::text)) WHERE ((state <= 'active'::pgboss.job_state) AND (policy = 'exclusive'::text));


--
-- Name: job_common_i7; Type: INDEX; Schema: pgboss; Owner: -
--

CREATE INDEX job_common_i7 ON pgboss.job_common USING btree (name, group_id) WHERE ((state = 'active'::pgboss.job_state) AND (group_id IS NOT NULL));


--
-- Name: job_common_i8; Type: INDEX; Schema: pgboss; Owner: -
--

CREATE UNIQUE INDEX job_common_i8 ON pgboss.job_common USING btree (name, singleton_key) WHERE ((state = ANY (ARRAY['active'::pgboss.job_state, 'retry'::pgboss.job_state, 'failed'::pgboss.job_state])) AND (policy = 'key_strict_fifo'::text));


--
-- Name: job_common_i9; Type: INDEX; Schema: pgboss; Owner: -
--

CREATE INDEX job_common_i9 ON pgboss.job_common USING btree (name, id) WHERE (blocking AND (state = 'completed'::pgboss.job_state));


--
-- Name: job_dep_parent_idx; Type: INDEX; Schema: pgboss; Owner: -
--

CREATE INDEX job_dep_parent_idx ON pgboss.job_dependency USING btree (parent_name, parent_id);


--
-- Name: queue_stats_i1; Type: INDEX; Schema: pgboss; Owner: -
--

CREATE INDEX queue_stats_i1 ON ONLY pgboss.queue_stats USING btree (name, captured_on DESC) INCLUDE (deferred_count, queued_count, ready_count, active_count, failed_count, total_count);


--
-- Name: queue_stats_20261130_name_captured_on_deferred_count_queued_idx; Type: INDEX; Schema: pgboss; Owner: -
--

CREATE INDEX queue_stats_20261130_name_captured_on_deferred_count_queued_idx ON pgboss.queue_stats_20261130 USING btree (name, captured_on DESC) INCLUDE (deferred_count, queued_count, ready_count, active_count, failed_count, total_count);


--
-- Name: queue_stats_20261201_name_captured_on_deferred_count_queued_idx; Type: INDEX; Schema: pgboss; Owner: -
--

CREATE INDEX queue_stats_20261201_name_captured_on_deferred_count_queued_idx ON pgboss.queue_stats_20261201 USING btree (name, captured_on DESC) INCLUDE (deferred_count, queued_count, ready_count, active_count, failed_count, total_count);


--
-- Name: warning_i1; Type: INDEX; Schema: pgboss; Owner: -
--

CREATE INDEX warning_i1 ON pgboss.warning USING btree (created_on DESC);


--
-- Name: idempotency_keys_by_end; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idempotency_keys_by_end ON public.idempotency_keys USING btree (until);


--
-- Name: image_metadata_by_value; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX image_metadata_by_value ON public.image_metadata USING btree (tenant, field, value, created_at, image_id);


--
-- Name: images_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX images_by_age ON public.images USING btree (tenant, created_at, id);


--
-- Name: images_by_bytes; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX images_by_bytes ON public.images USING btree (tenant, sha256);


--
-- Name: images_by_expiry; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX images_by_expiry ON public.images USING btree (expires_at, id) WHERE (expires_at IS NOT NULL);


--
-- Name: images_by_kept_original; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX images_by_kept_original ON public.images USING btree (created_at, id) WHERE (original_removed_at IS NULL);


--
-- Name: images_by_preset; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX images_by_preset ON public.images USING btree (preset, created_at, id);


--
-- Name: images_by_set; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX images_by_set ON public.images USING btree (published_run);


--
-- Name: images_without_index; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX images_without_index ON public.images USING btree (created_at) WHERE ((has_index IS NULL) AND (metadata IS NOT NULL));


--
-- Name: jobs_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX jobs_by_age ON public.jobs USING btree (created_at, id);


--
-- Name: jobs_by_bytes; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX jobs_by_bytes ON public.jobs USING btree (tenant, sha256, recipe_digest, shared_run_of, state);


--
-- Name: jobs_by_change; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX jobs_by_change ON public.jobs USING btree (change);


--
-- Name: jobs_by_image; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX jobs_by_image ON public.jobs USING btree (image_id, created_at);


--
-- Name: jobs_by_shared_run; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX jobs_by_shared_run ON public.jobs USING btree (shared_run_of, state);


--
-- Name: jobs_by_state; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX jobs_by_state ON public.jobs USING btree (state, created_at, id);


--
-- Name: jobs_by_tenant_change; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX jobs_by_tenant_change ON public.jobs USING btree (COALESCE(tenant, 'default'::text), change);


--
-- Name: jobs_waiting; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX jobs_waiting ON public.jobs USING btree (tenant, turn) WHERE ((state = 'queued'::text) AND (is_fresh = 1) AND (shared_run_of IS NULL));


--
-- Name: jobs_waiting_batch; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX jobs_waiting_batch ON public.jobs USING btree (tenant) WHERE ((state = 'queued'::text) AND (is_batch = 1) AND (shared_run_of IS NULL));


--
-- Name: quarantine_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX quarantine_by_age ON public.quarantine USING btree (at, sha256);


--
-- Name: removals_by_tenant; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX removals_by_tenant ON public.removals USING btree (tenant, due_at);


--
-- Name: resumable_uploads_by_end; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX resumable_uploads_by_end ON public.resumable_uploads USING btree (until);


--
-- Name: runs_by_job; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX runs_by_job ON public.runs USING btree (job_id, number);


--
-- Name: sets_by_band_0; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sets_by_band_0 ON public.sets USING btree (tenant, band_0, band_1, band_2, band_3);


--
-- Name: sets_by_band_1; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sets_by_band_1 ON public.sets USING btree (tenant, band_1, band_2, band_3, band_0);


--
-- Name: sets_by_band_2; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sets_by_band_2 ON public.sets USING btree (tenant, band_2, band_3, band_0, band_1);


--
-- Name: sets_by_band_3; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sets_by_band_3 ON public.sets USING btree (tenant, band_3, band_0, band_1, band_2);


--
-- Name: sets_by_key; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX sets_by_key ON public.sets USING btree (tenant, sha256, recipe_digest, pipeline_version);


--
-- Name: usage_changes_by_tenant; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX usage_changes_by_tenant ON public.usage_changes USING btree (tenant);


--
-- Name: webhook_messages_by_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX webhook_messages_by_age ON public.webhook_messages USING btree (status, queued_at);


--
-- Name: webhook_messages_by_image; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX webhook_messages_by_image ON public.webhook_messages USING btree (image_id, endpoint, number);


--
-- Name: webhook_messages_by_page; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX webhook_messages_by_page ON public.webhook_messages USING btree (endpoint, created_at, id);


--
-- Name: webhook_messages_by_tenant; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX webhook_messages_by_tenant ON public.webhook_messages USING btree (tenant);


--
-- Name: webhook_messages_by_turn; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX webhook_messages_by_turn ON public.webhook_messages USING btree (endpoint, status, due_at);


--
-- Name: job_common_pkey; Type: INDEX ATTACH; Schema: pgboss; Owner: -
--

ALTER INDEX pgboss.job_pkey ATTACH PARTITION pgboss.job_common_pkey;


--
-- Name: queue_stats_20261130_name_captured_on_deferred_count_queued_idx; Type: INDEX ATTACH; Schema: pgboss; Owner: -
--

ALTER INDEX pgboss.queue_stats_i1 ATTACH PARTITION pgboss.queue_stats_20261130_name_captured_on_deferred_count_queued_idx;


--
-- Name: queue_stats_20261130_pkey; Type: INDEX ATTACH; Schema: pgboss; Owner: -
--

ALTER INDEX pgboss.queue_stats_pkey ATTACH PARTITION pgboss.queue_stats_20261130_pkey;


--
-- Name: queue_stats_20261201_name_captured_on_deferred_count_queued_idx; Type: INDEX ATTACH; Schema: pgboss; Owner: -
--

ALTER INDEX pgboss.queue_stats_i1 ATTACH PARTITION pgboss.queue_stats_20261201_name_captured_on_deferred_count_queued_idx;


--
-- Name: queue_stats_20261201_pkey; Type: INDEX ATTACH; Schema: pgboss; Owner: -
--

ALTER INDEX pgboss.queue_stats_pkey ATTACH PARTITION pgboss.queue_stats_20261201_pkey;


--
-- Name: jobs number_job_change; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER number_job_change BEFORE INSERT OR UPDATE OF state ON public.jobs FOR EACH ROW EXECUTE FUNCTION public.number_job_change();


--
-- Name: job_common dlq_fkey; Type: FK CONSTRAINT; Schema: pgboss; Owner: -
--

ALTER TABLE ONLY pgboss.job_common
    ADD CONSTRAINT dlq_fkey FOREIGN KEY (dead_letter) REFERENCES pgboss.queue(name) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED;


--
-- Name: job_common q_fkey; Type: FK CONSTRAINT; Schema: pgboss; Owner: -
--

ALTER TABLE ONLY pgboss.job_common
    ADD CONSTRAINT q_fkey FOREIGN KEY (name) REFERENCES pgboss.queue(name) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED;


--
-- Name: queue queue_dead_letter_fkey; Type: FK CONSTRAINT; Schema: pgboss; Owner: -
--

ALTER TABLE ONLY pgboss.queue
    ADD CONSTRAINT queue_dead_letter_fkey FOREIGN KEY (dead_letter) REFERENCES pgboss.queue(name);


--
-- Name: schedule schedule_name_fkey; Type: FK CONSTRAINT; Schema: pgboss; Owner: -
--

ALTER TABLE ONLY pgboss.schedule
    ADD CONSTRAINT schedule_name_fkey FOREIGN KEY (name) REFERENCES pgboss.queue(name) ON DELETE CASCADE;


--
-- Name: subscription subscription_name_fkey; Type: FK CONSTRAINT; Schema: pgboss; Owner: -
--

ALTER TABLE ONLY pgboss.subscription
    ADD CONSTRAINT subscription_name_fkey FOREIGN KEY (name) REFERENCES pgboss.queue(name) ON DELETE CASCADE;


--
-- Name: image_metadata image_metadata_image_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.image_metadata
    ADD CONSTRAINT image_metadata_image_id_fkey FOREIGN KEY (image_id) REFERENCES public.images(id) ON DELETE CASCADE;


--
-- Name: images images_published_run_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.images
    ADD CONSTRAINT images_published_run_fkey FOREIGN KEY (published_run) REFERENCES public.sets(run_id);


--
-- Name: runs runs_job_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.jobs(id);


--
-- PostgreSQL database dump complete
--


