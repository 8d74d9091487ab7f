import type { Pool } from 'pg';
import { z } from 'zod';
import { connect } from '../../../shared/postgres/connect.ts';
import { type Finding, fail, ok, warn } from '../finding.ts';
import { skewFinding } from './clock.ts';
import { mendOfConnection, nameOfFailure, placeOf } from './postgres-failure.ts';
import { schemaFinding } from './sqlite.ts';

const CHECK = 'database';
const OLDEST_MAJOR = 15;

const DURABLE_MEND =
  'Set fsync, full_page_writes and synchronous_commit to on in postgresql.conf, and reload it.';
const RIGHTS_MEND =
  'Make the role of DATABASE_URL the owner of the database and its tables: the runbook, "Install on many machines".';

/** What the node needs to know of its server, in one question. */
const Server = z.tuple([
  z.object({
    version: z.coerce.number(),
    now: z.number(),
    durable: z.boolean(),
    is_replica: z.boolean(),
    may_create: z.boolean(),
    owns_all: z.boolean(),
    most: z.int(),
    used: z.int(),
    has_tables: z.boolean(),
  }),
]);
const Names = z.array(z.object({ name: z.string() }));

const QUESTION = `
  select current_setting('server_version_num') as version,
    extract(epoch from clock_timestamp())::float8 * 1000 as now,
    current_setting('fsync') = 'on' and current_setting('full_page_writes') = 'on'
      and current_setting('synchronous_commit') <> 'off' as durable,
    pg_is_in_recovery() as is_replica,
    coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)
      and (to_regnamespace('pgboss') is not null or has_database_privilege(current_database(), 'CREATE')) as may_create,
    coalesce((select bool_and(pg_has_role(relowner, 'USAGE')) from pg_class
      where relkind = 'r' and relnamespace = current_schema()::regnamespace
        and relname in ('images', 'jobs', 'runs', 'sets', 'kysely_migration')), true) as owns_all,
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as most,
    (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used,
    to_regclass('kysely_migration') is not null as has_tables`;

/** @param pool how many connections a node has at the most, beside the one that listens */
export async function postgresFindings(url: string, poolSize: number): Promise<Finding[]> {
  const pool = connect(url, 1, 'darkroom doctor');
  try {
    return await examine(pool, url, poolSize);
  } catch (error) {
    const told = `the database at ${placeOf(url)} cannot be used: ${nameOfFailure(error)}`;
    return [fail(CHECK, told, mendOfConnection(error, url))];
  } finally {
    await pool.end();
  }
}

async function examine(pool: Pool, url: string, poolSize: number): Promise<Finding[]> {
  // To connect takes its time, and is no part of how far the clocks are apart.
  await pool.query('select 1');
  const asked = Date.now();
  const { rows } = await pool.query(QUESTION);
  const between = (asked + Date.now()) / 2;
  const [server] = Server.parse(rows);
  const applied = server.has_tables
    ? Names.parse((await pool.query('select name from kysely_migration')).rows)
    : [];
  const where = `PostgreSQL ${Math.floor(server.version / 10_000)} at ${placeOf(url)}`;
  return [
    schemaFinding(
      where,
      applied.map(({ name }) => name),
    ),
    ...serverFindings(server, where, poolSize),
    skewFinding('database clock', 'the database', server.now - between),
  ];
}

function serverFindings(server: z.output<typeof Server>[0], where: string, poolSize: number): Finding[] {
  const findings: Finding[] = [];
  if (server.version < OLDEST_MAJOR * 10_000)
    findings.push(fail(CHECK, `${where} is too old`, `Upgrade it to PostgreSQL ${OLDEST_MAJOR} or newer.`));
  if (server.is_replica)
    findings.push(
      fail(CHECK, `${where} is a replica, which only reads`, 'Have DATABASE_URL name the primary.'),
    );
  else if (!server.may_create || !server.owns_all)
    findings.push(fail(CHECK, `${where} does not let this role make and change its tables`, RIGHTS_MEND));
  if (!server.durable)
    findings.push(
      warn(
        CHECK,
        `${where} may lose what was accepted in a power cut: it does not wait for its disk`,
        DURABLE_MEND,
      ),
    );
  const needed = poolSize + 1;
  const free = server.most - server.used;
  const told = `${server.used} of ${server.most} connections are used, and this node takes up to ${needed}`;
  const mend = `Raise max_connections, or lower DATABASE_POOL (${poolSize}) of all nodes: the runbook, "Scale".`;
  findings.push(free < needed ? warn('database connections', told, mend) : ok('database connections', told));
  return findings;
}
