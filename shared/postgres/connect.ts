import { Pool, type PoolConfig, TypeOverrides } from 'pg';

/** How long the database may take before it counts as out of reach, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 10_000;
/** Longer than the server's own limit, for a server that does not answer at all. */
const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 2_000;
/** A process that was stopped in the middle of a transaction holds its locks no longer than this. */
const IDLE_IN_TRANSACTION_MS = 5_000;
const KEEP_ALIVE_AFTER_MS = 5_000;

/** OID of int8. Its values are times, sizes and counts, which are all exact as numbers. */
const INT8 = 20;

/** Two connections, and no limit of time: for what is done once, and may wait for another node that is at it. */
export function connectToMigrate(url: string): Pool {
  const patient = { statement_timeout: 0, query_timeout: 0, idle_in_transaction_session_timeout: 0 };
  return safePool({ ...settings(url, 'darkroom migration'), ...patient, max: 2 });
}

/** A pool of connections, opened when they are needed. @param most at once */
export function connect(url: string, most: number, applicationName = 'darkroom'): Pool {
  return safePool({ ...settings(url, applicationName), max: most });
}

function safePool(config: PoolConfig): Pool {
  const pool = new Pool(config);
  // One that breaks while nobody asks it is replaced by the next that is needed; who asks it is told of it in any case.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** What every connection has, those of the pool and those that listen. */
export function settings(url: string, applicationName: string): PoolConfig {
  const types = new TypeOverrides();
  types.setTypeParser(INT8, Number);
  return {
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    // What does not wait for the answer before it is sent with it.
    pipeline: true,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    types,
  };
}
