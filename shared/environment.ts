import { resolve } from 'node:path';
import { z } from 'zod';
import { SANDBOXES } from './domain/isolation.ts';
import { expireAfter, keepOriginals } from './lifetimes.ts';
import { DatabaseUrl, StorageUrl } from './store-urls.ts';

const MIB = 1024 * 1024;

function wholeNumber(min: number, max: number) {
  const allowed = `a whole number from ${min} to ${max}`;
  return z
    .string()
    .refine((text) => /^\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max, allowed)
    .transform(Number);
}

const flag = () => z.enum(['true', 'false'], 'true or false').prefault('false');

const path = () => z.string().transform((text) => resolve(text));

/** As browsers send it: RFC 6454, section 6.2. */
const isOrigin = (text: string): boolean =>
  /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;

/** An address, a network, or a name for some. */
const ProxyName = z.union([
  z.ipv4(),
  z.ipv6(),
  z.cidrv4(),
  z.cidrv6(),
  z.enum(['loopback', 'linklocal', 'uniquelocal']),
]);

const ms = (min: number, max: number, byDefault: number) => wholeNumber(min, max).prefault(String(byDefault));

/**
 * The environment, in the order of the README's table, which a test compares with this schema.
 * A default that depends on the machine or on another variable is worked out where it is read.
 */
export const Environment = z.object({
  BASE_PATH: path().prefault('./data').describe('Folder of originals, variants and the database'),
  N_WORKERS: wholeNumber(1, 256)
    .optional()
    .describe('Worker processes; by default the CPUs available, or fewer where there is memory for fewer'),
  PORT: wholeNumber(0, 65_535).prefault('3000').describe('TCP port; 0 takes a free one'),
  HOST: z.string().prefault('127.0.0.1').describe('Address to listen on; 0.0.0.0 in the container'),
  HANDOFF_TIMEOUT_MS: ms(0, 60_000, 100).describe('How long an upload waits for a ready worker before 503'),
  QUEUE_DEPTH: wholeNumber(0, 1_000_000)
    .prefault('0')
    .describe('Accepted uploads that may wait beyond the idle workers; 0 is a pure hand-off'),
  BATCH_DEPTH: wholeNumber(0, 1_000_000)
    .prefault('1000')
    .describe(
      'Batch jobs that may wait for workers that nobody else wants; beyond, uploads with lane=batch get 503',
    ),
  MAX_UPLOAD_BYTES: wholeNumber(1, 1024 * MIB)
    .prefault(String(20 * MIB))
    .describe('Largest picture, in bytes'),
  MAX_PIXELS: wholeNumber(1, 1_000_000_000)
    .prefault('50000000')
    .describe('Most pixels, over the frames that are decoded'),
  MAX_FRAMES: wholeNumber(1, 999).prefault('100').describe('Most frames in a picture'),
  MAX_UPLOADS: wholeNumber(1, 100_000)
    .prefault('256')
    .describe('Uploads that may be on their way at once; then a slow one gives way, or 503'),
  MAX_UPLOADING_BYTES: wholeNumber(1, 1024 * 1024 * MIB)
    .prefault(String(2048 * MIB))
    .describe('Bytes that uploads on their way may have together, as they declare them'),
  MAX_RESUMABLE_UPLOADS: wholeNumber(1, 1_000_000)
    .prefault('256')
    .describe('Uploads at /files that may be open, or wait for a worker, over all nodes; then 503'),
  RESUMABLE_TTL_S: wholeNumber(1, 7 * 86_400)
    .prefault('86400')
    .describe('An upload at /files ends so long after its beginning, in seconds'),
  UPLOAD_STALL_MS: ms(100, 600_000, 10_000).describe(
    'A body that brings no byte for so long is given up: 408',
  ),
  UPLOAD_TIMEOUT_MS: ms(1_000, 3_600_000, 120_000).describe(
    'A body not whole after so long is given up: 408',
  ),
  HEADERS_TIMEOUT_MS: ms(100, 60_000, 10_000).describe(
    'A request whose header is not whole after so long: 408 (on Bun 10 s, and no answer)',
  ),
  MAX_CONNECTIONS: wholeNumber(10, 1_000_000)
    .prefault('4096')
    .describe('Connections at once, of which the idle give way first (on Bun there is no such bound)'),
  MAX_EVENT_STREAMS: wholeNumber(0, 100_000)
    .prefault('1000')
    .describe('Event streams at once, each of them a connection; beyond, 503'),
  JOB_TIMEOUT_MS: ms(100, 3_600_000, 30_000).describe('Deadline of a run, from hand-off to result'),
  MAX_ATTEMPTS: wholeNumber(1, 100)
    .prefault('3')
    .describe('Runs of a job that may end in a passing error before it has failed'),
  WORKER_MAX_RUNS: wholeNumber(1, 1_000_000)
    .prefault('500')
    .describe('A worker is replaced after so many runs, give or take a fifth'),
  WORKER_MAX_RSS_BYTES: wholeNumber(64 * MIB, 1024 * 1024 * MIB)
    .prefault(String(512 * MIB))
    .describe('A worker that is larger than this between two runs is replaced'),
  WORKER_MAX_DATA_BYTES: wholeNumber(768 * MIB, 1024 * 1024 * MIB)
    .optional()
    .describe(
      'Most memory for the data of one worker, where prlimit exists; beyond it the run fails; by default 2 to 4 GiB (3 to 4 on Bun), by the limit of the container',
    ),
  MEMORY_BUDGET: wholeNumber(64 * MIB, 1024 * 1024 * MIB)
    .optional()
    .describe(
      'Memory that the pictures in all workers may take together; by default what the limit of the container, or the machine, leaves beside the service and its workers',
    ),
  WORKER_SANDBOX: z
    .enum(SANDBOXES, 'default or strict')
    .prefault('default')
    .describe('`strict`: workers in namespaces of their own, by bubblewrap, or the service does not start'),
  DRAIN_TIMEOUT_MS: ms(0, 3_600_000, 25_000).describe('From SIGTERM to the exit, at most'),
  DRAIN_DELAY_MS: ms(0, 600_000, 0).describe(
    'The first part of the drain: not ready, but still accepting, until load balancers have noticed',
  ),
  DATABASE_URL: DatabaseUrl.optional().describe(
    'Job records: sqlite:PATH, by default sqlite:BASE_PATH/darkroom.db; or postgres://… that several nodes share',
  ),
  DATABASE_POOL: wholeNumber(2, 200)
    .prefault('10')
    .describe('Connections to PostgreSQL that a node has at the most; one more listens'),
  STORAGE_URL: StorageUrl.optional().describe(
    'Originals and variants: file:PATH, by default file:BASE_PATH; or s3://bucket/prefix?endpoint=…&publicEndpoint=…&region=…&pathStyle=true',
  ),
  SWEEP_AFTER_S: wholeNumber(60, 604_800)
    .prefault('3600')
    .describe(
      'Files in S3 that no record names are removed when they are so old, in seconds; looked for as often',
    ),
  READ_MODE: z
    .enum(['proxy', 'redirect'], 'proxy or redirect')
    .prefault('proxy')
    .describe(
      'Variants in S3: `proxy` sends them itself, `redirect` sends the client to a signed address of the bucket',
    ),
  KEEP_ORIGINALS: keepOriginals(),
  EXPIRE_AFTER: expireAfter(),
  QUOTA_BYTES: wholeNumber(0, 999_999_999_999_999)
    .prefault('0')
    .describe(
      'Bytes of originals and variants that a tenant may have, unless API_KEYS_FILE says other; 0: no limit',
    ),
  QUOTA_IMAGES: wholeNumber(0, 1_000_000_000)
    .prefault('0')
    .describe('Images that a tenant may have, unless API_KEYS_FILE says other; 0: no limit'),
  MIN_FREE_BYTES: wholeNumber(0, 1024 * 1024 * 1024 * MIB)
    .prefault(String(1024 * MIB))
    .describe(
      'With less room than that on the disk of BASE_PATH it is said in the log and the metrics, and what has had its time is removed at once',
    ),
  SCRATCH_PATH: path().optional().describe('Unpublished output of runs; by default BASE_PATH/scratch'),
  PRESETS_FILE: path()
    .optional()
    .describe('JSON file of presets, beside the built-in `default` or in its place'),
  API_KEYS_FILE: path()
    .optional()
    .describe(
      'JSON file of the hashes of API keys; without it, whoever reaches the service may do all that it can',
    ),
  SIGNING_KEYS_FILE: path()
    .optional()
    .describe(
      'JSON file of the secrets that sign tickets and addresses; without it tickets end with the process',
    ),
  SIGNED_READS: flag().describe('Whether a variant asks for a key or a signed address'),
  READ_URL_TTL_S: wholeNumber(60, 604_800)
    .prefault('3600')
    .describe(
      'How long a signed address of a manifest lives at the least, in seconds; at the most twice as long',
    ),
  ALLOW_ANONYMOUS: flag().describe('Whether it may listen beyond this machine without keys'),
  CORS_ORIGINS: z
    .string()
    .transform((text) => text.split(',').map((origin) => origin.trim()))
    .refine((origins) => origins.every(isOrigin), {
      error: 'origins with commas between them, such as https://shop.example,https://app.shop.example',
    })
    .optional()
    .describe('Origins whose scripts may upload and read answers; by default none'),
  REQUESTS_PER_KEY: wholeNumber(0, 1_000_000)
    .prefault('0')
    .describe('Requests in a minute with one API key; 0: no limit'),
  REQUESTS_PER_ADDRESS: wholeNumber(0, 1_000_000)
    .optional()
    .describe(
      'Requests in a minute from one address without a key, as with a ticket; 0: no limit; by default 300 where there are keys, else 0',
    ),
  TRUSTED_PROXIES: z
    .string()
    .transform((text) => text.split(',').map((proxy) => proxy.trim()))
    .refine((proxies) => proxies.every((proxy) => ProxyName.safeParse(proxy).success), {
      error:
        'addresses or networks with commas between them, such as 10.0.0.0/8,fd00::/8; or loopback, uniquelocal',
    })
    .optional()
    .describe("Whose X-Forwarded-For is believed; by default nobody's"),
  ROLE: z
    .enum(['all', 'api', 'worker'], 'all, api or worker')
    .prefault('all')
    .describe('What this node does: `api` takes uploads and answers, `worker` runs jobs'),
  WEBHOOKS_FILE: path()
    .optional()
    .describe('JSON file of the endpoints that are told what becomes of images; read again at SIGHUP'),
  METRICS_PORT: wholeNumber(0, 65_535)
    .optional()
    .describe('Port of /metrics for whoever reaches it; without one it is on PORT, for the scope `admin`'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'the address of a collector, such as http://collector:4318' })
    .optional()
    .describe('Collector that logs and traces are sent to, by OTLP over HTTP; without one nothing is sent'),
  TRACE_RATIO: z
    .string()
    .refine((text) => /^(0(\.\d{1,6})?|1(\.0{1,6})?)$/.test(text), 'a number from 0 to 1')
    .transform(Number)
    .prefault('1')
    .describe('Part of the traces that are sent, from 0 to 1'),
  LOG_LEVEL: z
    .enum(
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      'trace, debug, info, warn, error, fatal or silent',
    )
    .prefault('info')
    .describe('Least severe log lines that are written'),
});
