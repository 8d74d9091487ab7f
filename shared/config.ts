import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import { Environment } from './environment.ts';
import { memoryForPictures, memoryLimit, memoryOfWorker, workersFor } from './memory-limit.ts';

/** EX_CONFIG of sysexits.h: the configuration is wrong, or a data folder is held by another process. */
export const EXIT_CONFIGURATION = 78;

/** Of somebody without a key, in a minute: a ticket for each picture of a few listings, and for a household behind one address. */
const STRANGERS_REQUESTS = 300;

/** Two that bound each other, read apart from the rest so that their fault is told along with any other. */
const DrainTimes = Environment.pick({ DRAIN_TIMEOUT_MS: true, DRAIN_DELAY_MS: true });

export type Config = ReturnType<typeof readConfig>;

/** Every fault of the environment at once: the name, what is wrong with the value, what is allowed. */
export class ConfigurationError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`configuration: ${faults.join('; ')}`);
    this.name = 'ConfigurationError';
    this.faults = faults;
  }
}

type Variables = Record<string, string | undefined>;

/**
 * Reads the environment; an empty variable counts as not set.
 * @throws {ConfigurationError} naming every fault
 */
export function readConfig(environment: Variables = process.env) {
  const given = withoutEmpty(environment);
  const parsed = Environment.safeParse(given);
  const faults = faultsOf(parsed.error, given);
  const drain = DrainTimes.safeParse(given).data;
  if (drain && drain.DRAIN_DELAY_MS > drain.DRAIN_TIMEOUT_MS) {
    const allowed = `a part of DRAIN_TIMEOUT_MS, so at most ${drain.DRAIN_TIMEOUT_MS}`;
    faults.push(faultOf('DRAIN_DELAY_MS', given.DRAIN_DELAY_MS, allowed));
  }
  for (const check of [accessFaults, signingFaults, sharingFaults])
    faults.push(...check(parsed.data ?? null));
  if (!parsed.success || faults.length > 0) throw new ConfigurationError(faults);
  const env = parsed.data;
  const memory = memoryLimit();
  const workers = env.N_WORKERS ?? Math.min(availableParallelism(), workersFor(memory));
  return {
    basePath: env.BASE_PATH,
    database: env.DATABASE_URL ?? { kind: 'sqlite' as const, path: join(env.BASE_PATH, 'darkroom.db') },
    databasePool: env.DATABASE_POOL,
    storage: env.STORAGE_URL ?? { kind: 'disk' as const, path: env.BASE_PATH },
    readMode: env.READ_MODE,
    sweepAfterS: env.SWEEP_AFTER_S,
    keepOriginalsMs: env.KEEP_ORIGINALS,
    expireAfterMs: env.EXPIRE_AFTER,
    quota: { bytes: env.QUOTA_BYTES || null, images: env.QUOTA_IMAGES || null },
    minFreeBytes: env.MIN_FREE_BYTES,
    role: env.ROLE,
    scratchPath: env.SCRATCH_PATH ?? join(env.BASE_PATH, 'scratch'),
    workers,
    port: env.PORT,
    host: env.HOST,
    handOffTimeoutMs: env.HANDOFF_TIMEOUT_MS,
    queueDepth: env.QUEUE_DEPTH,
    batchDepth: env.BATCH_DEPTH,
    maxUploadBytes: env.MAX_UPLOAD_BYTES,
    maxPixels: env.MAX_PIXELS,
    maxFrames: env.MAX_FRAMES,
    maxUploads: env.MAX_UPLOADS,
    maxUploadingBytes: env.MAX_UPLOADING_BYTES,
    maxResumableUploads: env.MAX_RESUMABLE_UPLOADS,
    resumableTtlS: env.RESUMABLE_TTL_S,
    uploadStallMs: env.UPLOAD_STALL_MS,
    uploadTimeoutMs: env.UPLOAD_TIMEOUT_MS,
    headersTimeoutMs: env.HEADERS_TIMEOUT_MS,
    maxConnections: env.MAX_CONNECTIONS,
    maxEventStreams: env.MAX_EVENT_STREAMS,
    jobTimeoutMs: env.JOB_TIMEOUT_MS,
    maxAttempts: env.MAX_ATTEMPTS,
    workerMaxRuns: env.WORKER_MAX_RUNS,
    workerMaxRssBytes: env.WORKER_MAX_RSS_BYTES,
    workerMaxDataBytes: env.WORKER_MAX_DATA_BYTES ?? memoryOfWorker(workers, memory),
    memoryBudgetBytes: env.MEMORY_BUDGET ?? memoryForPictures(workers, memory),
    workerSandbox: env.WORKER_SANDBOX,
    drainTimeoutMs: env.DRAIN_TIMEOUT_MS,
    drainDelayMs: env.DRAIN_DELAY_MS,
    presetsPath: env.PRESETS_FILE ?? null,
    corsOrigins: env.CORS_ORIGINS ?? [],
    apiKeysPath: env.API_KEYS_FILE ?? null,
    webhooksPath: env.WEBHOOKS_FILE ?? null,
    signingKeysPath: env.SIGNING_KEYS_FILE ?? null,
    requestsPerKey: env.REQUESTS_PER_KEY,
    requestsPerAddress: env.REQUESTS_PER_ADDRESS ?? (env.API_KEYS_FILE ? STRANGERS_REQUESTS : 0),
    trustedProxies: env.TRUSTED_PROXIES ?? [],
    signedReads: env.SIGNED_READS === 'true',
    readUrlTtlS: env.READ_URL_TTL_S,
    metricsPort: env.METRICS_PORT ?? null,
    otlpEndpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
    traceRatio: env.TRACE_RATIO,
    logLevel: env.LOG_LEVEL,
  };
}

/**
 * The SDK of S3 looks for settings in a home folder, and fails with every call where nobody knows of one: as for a user of a
 * number and no name. Then it looks where there are none.
 */
export function provideHome(environment: Record<string, string | undefined> = process.env): void {
  try {
    homedir();
  } catch {
    environment.HOME = '/nonexistent';
  }
}

/** The stores alone, of which a command needs to know. */
const Stores = Environment.pick({ BASE_PATH: true, DATABASE_URL: true, STORAGE_URL: true });

/**
 * Where a service of this environment has its records and files, as far as it is said; for who works with these and is no service.
 * @throws {ConfigurationError} naming every fault
 */
export function readStores(environment: Variables = process.env): z.output<typeof Stores> {
  const given = withoutEmpty(environment);
  const parsed = Stores.safeParse(given);
  if (!parsed.success) throw new ConfigurationError(faultsOf(parsed.error, given));
  return parsed.data;
}

const withoutEmpty = (environment: Variables): Variables =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));

const faultsOf = (error: z.ZodError | undefined, given: Variables): string[] =>
  (error?.issues ?? []).map((issue) => {
    const name = String(issue.path[0]);
    return faultOf(name, withoutPassword(given[name]), issue.message);
  });

/** Whether nobody but this machine itself reaches an address. */
export const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|::1)$/.test(host);

/** Without keys everybody is an operator: that must be said aloud, or be within one machine. */
function accessFaults(env: z.output<typeof Environment> | null): string[] {
  if (!env) return [];
  const allowsAnybody = env.ALLOW_ANONYMOUS === 'true';
  if (env.API_KEYS_FILE !== undefined) {
    return allowsAnybody ? [faultOf('ALLOW_ANONYMOUS', 'true', 'false where API_KEYS_FILE names keys')] : [];
  }
  // A worker node answers probes, and nobody can ask it for anything.
  if (allowsAnybody || isLoopback(env.HOST) || env.ROLE === 'worker') return [];
  return [
    faultOf(
      'HOST',
      env.HOST,
      'an address of this machine, such as 127.0.0.1, without API_KEYS_FILE or ALLOW_ANONYMOUS=true',
    ),
  ];
}

/** With secrets of its own the process would sign what nobody else can, and what ends with it. */
function signingFaults(env: z.output<typeof Environment> | null): string[] {
  if (env?.SIGNED_READS !== 'true' || env.SIGNING_KEYS_FILE !== undefined) return [];
  return [faultOf('SIGNED_READS', 'true', 'false where SIGNING_KEYS_FILE names no secrets')];
}

/** What nodes share they all share: records without their files, or files without their records, are of use to nobody. */
function sharingFaults(env: z.output<typeof Environment> | null): string[] {
  if (!env) return [];
  const sharesRecords = env.DATABASE_URL?.kind === 'postgres';
  const sharesFiles = env.STORAGE_URL?.kind === 's3';
  const faults: string[] = [];
  if (sharesRecords && !sharesFiles) {
    faults.push(faultOf('STORAGE_URL', storageOf(env), 's3://… where DATABASE_URL is postgres://…'));
  }
  if (sharesFiles && !sharesRecords) {
    faults.push(faultOf('STORAGE_URL', storageOf(env), 'file:… where DATABASE_URL is sqlite:…'));
  }
  if (env.ROLE !== 'all' && !sharesRecords) {
    faults.push(faultOf('ROLE', env.ROLE, 'all where DATABASE_URL is sqlite:…, which nodes cannot share'));
  }
  if (env.READ_MODE === 'redirect' && !sharesFiles) {
    faults.push(faultOf('READ_MODE', 'redirect', 'proxy where STORAGE_URL is file:…'));
  }
  return faults;
}

const storageOf = ({ STORAGE_URL }: z.output<typeof Environment>): string | undefined =>
  STORAGE_URL?.kind === 's3' ? `s3://${STORAGE_URL.settings.bucket}` : STORAGE_URL?.path;

/** Of an address, without what may be secret: it is told in the log. */
const withoutPassword = (value: string | undefined) =>
  value?.replace(/:\/\/[^/]*@/, '://…@').replace(/^(s3:[^?]*)\?.*/, '$1?…');

function faultOf(name: string, value: string | undefined, allowed: string): string {
  return `${name}=${JSON.stringify(value)} is not allowed: it takes ${allowed}`;
}
