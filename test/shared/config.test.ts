import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigurationError, readConfig } from '../../shared/config.ts';
import { Environment } from '../../shared/environment.ts';
import { memoryForPictures, memoryLimit, memoryOfWorker } from '../../shared/memory-limit.ts';

function faultsOf(environment: Record<string, string | undefined>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
  return [];
}

/** A wrong value of each variable that can be wrong, and what the fault says is allowed. */
const FAULTS: [keyof typeof Environment.shape, string[], string][] = [
  ['N_WORKERS', ['0', '257', '1.5', '-1', 'two', ' 2', '1e2', '0x10'], 'a whole number from 1 to 256'],
  ['PORT', ['65536', '-1', 'http'], 'a whole number from 0 to 65535'],
  ['HANDOFF_TIMEOUT_MS', ['60001', '0.5'], 'a whole number from 0 to 60000'],
  ['QUEUE_DEPTH', ['1000001', 'none'], 'a whole number from 0 to 1000000'],
  ['MAX_UPLOAD_BYTES', ['0', '1073741825', '20MB'], 'a whole number from 1 to 1073741824'],
  ['MAX_PIXELS', ['0', '1000000001'], 'a whole number from 1 to 1000000000'],
  ['MAX_FRAMES', ['0', '1000'], 'a whole number from 1 to 999'],
  ['UPLOAD_STALL_MS', ['99', '600001'], 'a whole number from 100 to 600000'],
  ['UPLOAD_TIMEOUT_MS', ['999', '3600001'], 'a whole number from 1000 to 3600000'],
  ['HEADERS_TIMEOUT_MS', ['99', '60001'], 'a whole number from 100 to 60000'],
  ['MAX_EVENT_STREAMS', ['-1', '100001'], 'a whole number from 0 to 100000'],
  ['MAX_CONNECTIONS', ['9', '1000001'], 'a whole number from 10 to 1000000'],
  ['JOB_TIMEOUT_MS', ['99', '3600001'], 'a whole number from 100 to 3600000'],
  ['MAX_ATTEMPTS', ['0', '101'], 'a whole number from 1 to 100'],
  ['WORKER_SANDBOX', ['Strict', 'on'], 'default or strict'],
  ['DRAIN_TIMEOUT_MS', ['3600001', '9999999999999999'], 'a whole number from 0 to 3600000'],
  ['DRAIN_DELAY_MS', ['600001'], 'a whole number from 0 to 600000'],
  ['READ_URL_TTL_S', ['59', '604801', '1h'], 'a whole number from 60 to 604800'],
  [
    'DATABASE_URL',
    ['mysql://db/jobs', 'sqlite:', 'postgres://'],
    'sqlite: and a path, such as sqlite:/var/lib/darkroom/jobs.db, or the address of a PostgreSQL, such as postgres://user:password@host:5432/darkroom',
  ],
  ['DATABASE_POOL', ['1', '201', 'many'], 'a whole number from 2 to 200'],
  [
    'STORAGE_URL',
    ['ftp://bucket', 'file:'],
    'file: and a path, such as file:/srv/images, or s3: and a bucket',
  ],
  [
    'KEEP_ORIGINALS',
    ['always', '0', '0d', '36501', '30 d', '1w', '-1d'],
    'forever, never, or days from 1 to 36500, such as 30d',
  ],
  ['EXPIRE_AFTER', ['0', '3651', '1h', 'forever'], 'never, or days from 1 to 3650, such as 365d'],
  ['QUOTA_BYTES', ['-1', '1e6', '1GB'], 'a whole number from 0 to 999999999999999'],
  ['QUOTA_IMAGES', ['1000000001'], 'a whole number from 0 to 1000000000'],
  ['MIN_FREE_BYTES', ['-1', '1G', '1125899906842625'], 'a whole number from 0 to 1125899906842624'],
  ['SWEEP_AFTER_S', ['59', '604801', '1h'], 'a whole number from 60 to 604800'],
  ['READ_MODE', ['cdn'], 'proxy or redirect'],
  ['ROLE', ['both'], 'all, api or worker'],
  ['METRICS_PORT', ['-1', '65536', 'http'], 'a whole number from 0 to 65535'],
  ['REQUESTS_PER_KEY', ['-1', '1000001', 'many'], 'a whole number from 0 to 1000000'],
  ['REQUESTS_PER_ADDRESS', ['-1', '1000001', '60/m'], 'a whole number from 0 to 1000000'],
  [
    'TRUSTED_PROXIES',
    ['nginx', '10.0.0.0/33', '10.0.0.256', '10.0.0.1,', 'all', '0x7f.1'],
    'addresses or networks with commas between them, such as 10.0.0.0/8,fd00::/8; or loopback, uniquelocal',
  ],
  ['MAX_UPLOADS', ['0', '100001'], 'a whole number from 1 to 100000'],
  ['MAX_UPLOADING_BYTES', ['0', '2G'], 'a whole number from 1 to 1099511627776'],
  ['BATCH_DEPTH', ['-1', '1000001'], 'a whole number from 0 to 1000000'],
  ['MEMORY_BUDGET', ['67108863', '512M'], 'a whole number from 67108864 to 1099511627776'],
  [
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    ['collector:4318', 'grpc://collector:4317'],
    'the address of a collector, such as http://collector:4318',
  ],
  ['TRACE_RATIO', ['-0.1', '1.1', '10%', '.5'], 'a number from 0 to 1'],
  ['LOG_LEVEL', ['verbose', 'INFO'], 'trace, debug, info, warn, error, fatal or silent'],
];

describe('the configuration without any environment', () => {
  test('is that of the design', () => {
    expect(readConfig({})).toEqual({
      basePath: resolve('data'),
      database: { kind: 'sqlite', path: resolve('data/darkroom.db') },
      databasePool: 10,
      storage: { kind: 'disk', path: resolve('data') },
      readMode: 'proxy',
      quota: { bytes: null, images: null },
      minFreeBytes: 1_073_741_824,
      keepOriginalsMs: null,
      expireAfterMs: null,
      sweepAfterS: 3600,
      role: 'all',
      scratchPath: resolve('data/scratch'),
      workers: availableParallelism(),
      port: 3000,
      host: '127.0.0.1',
      handOffTimeoutMs: 100,
      queueDepth: 0,
      batchDepth: 1000,
      maxUploadBytes: 20 * 1024 * 1024,
      maxPixels: 50_000_000,
      maxFrames: 100,
      maxUploads: 256,
      maxUploadingBytes: 2048 * 1024 * 1024,
      maxResumableUploads: 256,
      resumableTtlS: 86_400,
      uploadStallMs: 10_000,
      uploadTimeoutMs: 120_000,
      headersTimeoutMs: 10_000,
      maxConnections: 4096,
      maxEventStreams: 1000,
      jobTimeoutMs: 30_000,
      maxAttempts: 3,
      workerMaxRuns: 500,
      workerMaxRssBytes: 512 * 1024 * 1024,
      workerMaxDataBytes: memoryOfWorker(availableParallelism(), memoryLimit()),
      memoryBudgetBytes: memoryForPictures(availableParallelism(), memoryLimit()),
      workerSandbox: 'default',
      drainTimeoutMs: 25_000,
      drainDelayMs: 0,
      presetsPath: null,
      corsOrigins: [],
      apiKeysPath: null,
      webhooksPath: null,
      signingKeysPath: null,
      requestsPerKey: 0,
      requestsPerAddress: 0,
      trustedProxies: [],
      signedReads: false,
      readUrlTtlS: 3600,
      metricsPort: null,
      otlpEndpoint: null,
      traceRatio: 1,
      logLevel: 'info',
    });
  });

  test('is that of an environment whose variables are all empty', () => {
    const empty = Object.fromEntries(Object.keys(Environment.shape).map((name) => [name, '']));
    expect(readConfig(empty)).toEqual(readConfig({}));
  });

  test('takes no notice of variables that it does not know', () => {
    expect(readConfig({ PATH: '/bin', N_WORKER: '7' })).toEqual(readConfig({}));
  });
});

describe('what is set', () => {
  test('are requests of one address, but only where there are keys', () => {
    expect(readConfig({ API_KEYS_FILE: '/keys.json' }).requestsPerAddress).toBe(300);
    expect(readConfig({ API_KEYS_FILE: '/keys.json', REQUESTS_PER_ADDRESS: '0' }).requestsPerAddress).toBe(0);
    expect(readConfig({ REQUESTS_PER_ADDRESS: '60' }).requestsPerAddress).toBe(60);
  });

  test('are proxies, by address, network or name', () => {
    const proxies = ['10.1.2.3', '10.0.0.0/8', 'fd00::/8', '::1', 'loopback'];
    expect(readConfig({ TRUSTED_PROXIES: proxies.join(', ') }).trustedProxies).toEqual(proxies);
  });

  test('is taken', () => {
    const set = { N_WORKERS: '3', PORT: '0', HOST: '127.0.0.2', QUEUE_DEPTH: '10', LOG_LEVEL: 'debug' };
    expect(readConfig(set)).toMatchObject({
      workers: 3,
      port: 0,
      host: '127.0.0.2',
      queueDepth: 10,
      logLevel: 'debug',
    });
  });

  test('as BASE_PATH moves all that is not set by itself', () => {
    expect(readConfig({ BASE_PATH: '/srv/photos/' })).toMatchObject({
      basePath: '/srv/photos',
      database: { kind: 'sqlite', path: '/srv/photos/darkroom.db' },
      storage: { kind: 'disk', path: '/srv/photos' },
      scratchPath: '/srv/photos/scratch',
    });
  });

  test('as a path of its own is independent of BASE_PATH', () => {
    const own = { DATABASE_URL: 'sqlite:/db/jobs.db', STORAGE_URL: 'file:images', SCRATCH_PATH: 'tmp' };
    expect(readConfig({ BASE_PATH: '/srv', ...own })).toMatchObject({
      basePath: '/srv',
      database: { kind: 'sqlite', path: '/db/jobs.db' },
      storage: { kind: 'disk', path: join(process.cwd(), 'images') },
      scratchPath: join(process.cwd(), 'tmp'),
    });
  });

  test.each([
    ['N_WORKERS', '1', '256'],
    ['PORT', '0', '65535'],
    ['MAX_ATTEMPTS', '1', '100'],
    ['MAX_FRAMES', '1', '999'],
  ])('as %s may be the least and the most that is allowed', (name, least, most) => {
    expect(faultsOf({ [name]: least })).toEqual([]);
    expect(faultsOf({ [name]: most })).toEqual([]);
  });
});

describe('a fault', () => {
  const cases = FAULTS.flatMap(([name, values, allowed]) =>
    values.map((value) => [name, value, allowed] as const),
  );

  test.each(cases)('%s=%j is told with its name, its value, and what is allowed', (name, value, allowed) => {
    expect(faultsOf({ [name]: value })).toEqual([
      `${name}=${JSON.stringify(value)} is not allowed: it takes ${allowed}`,
    ]);
  });

  test('does not hide another: all are told at once', () => {
    const wrong = Object.fromEntries(FAULTS.map(([name, [value]]) => [name, value]));
    const told = faultsOf(wrong).map((fault) => fault.split('=')[0]);
    expect(told.toSorted()).toEqual(FAULTS.map(([name]) => name).toSorted());
  });

  test('is told without a password, and without what stands behind a bucket', () => {
    const told = faultsOf({
      DATABASE_URL: 'mysql://me:secret@db/jobs',
      STORAGE_URL: 's3://bucket?key=secret',
    });
    expect(told).toHaveLength(2);
    expect(told.join()).not.toContain('secret');
    expect(told[0]).toContain('mysql://…@db/jobs');
  });

  test('is a drain delay that is longer than the whole drain', () => {
    expect(faultsOf({ DRAIN_DELAY_MS: '25001' })).toEqual([
      'DRAIN_DELAY_MS="25001" is not allowed: it takes a part of DRAIN_TIMEOUT_MS, so at most 25000',
    ]);
    expect(faultsOf({ DRAIN_DELAY_MS: '25000' })).toEqual([]);
    expect(faultsOf({ DRAIN_DELAY_MS: '100', DRAIN_TIMEOUT_MS: '99' })).toHaveLength(1);
  });

  test('of the drain delay is told along with the others', () => {
    const told = faultsOf({ DRAIN_DELAY_MS: '25001', PORT: 'http' }).map((fault) => fault.split('=')[0]);
    expect(told.toSorted()).toEqual(['DRAIN_DELAY_MS', 'PORT']);
  });

  test('is in the message of the error', () => {
    expect(() => readConfig({ PORT: 'http' })).toThrow('configuration: PORT="http" is not allowed');
  });
});

describe('without keys', () => {
  test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('the service may listen on %s', (HOST) => {
    expect(readConfig({ HOST })).toMatchObject({ host: HOST, apiKeysPath: null });
  });

  test.each(['0.0.0.0', '::', '10.0.0.7', 'example.org', '127.0.0.1.example.org', '1127.0.0.1'])(
    'it may listen on %s only where that is said aloud',
    (HOST) => {
      const fault = `HOST="${HOST}" is not allowed: it takes an address of this machine, such as 127.0.0.1, without API_KEYS_FILE`;
      expect(() => readConfig({ HOST })).toThrow(fault);
      expect(() => readConfig({ HOST, ALLOW_ANONYMOUS: 'false' })).toThrow(fault);
      expect(readConfig({ HOST, ALLOW_ANONYMOUS: 'true' })).toMatchObject({ host: HOST });
    },
  );

  test('a node that takes no requests needs no keys to listen anywhere', () => {
    const stores = { DATABASE_URL: 'postgres://127.0.0.1/darkroom', STORAGE_URL: 's3://darkroom' };
    const given = { ...stores, HOST: '0.0.0.0' };
    expect(readConfig({ ...given, ROLE: 'worker' })).toMatchObject({ role: 'worker', host: '0.0.0.0' });
    for (const ROLE of ['api', 'all']) expect(() => readConfig({ ...given, ROLE })).toThrow(/HOST="0.0.0.0"/);
  });

  test('is not what it is where both are set', () => {
    const both = { ALLOW_ANONYMOUS: 'true', API_KEYS_FILE: 'keys.json' };
    expect(() => readConfig(both)).toThrow(
      'ALLOW_ANONYMOUS="true" is not allowed: it takes false where API_KEYS_FILE',
    );
    expect(readConfig({ HOST: '0.0.0.0', API_KEYS_FILE: 'keys.json' })).toMatchObject({
      apiKeysPath: resolve('keys.json'),
    });
  });
});

describe('SIGNED_READS', () => {
  test('needs secrets that others can sign with, too', () => {
    expect(faultsOf({ SIGNED_READS: 'true' })).toEqual([
      'SIGNED_READS="true" is not allowed: it takes false where SIGNING_KEYS_FILE names no secrets',
    ]);
    const both = { SIGNED_READS: 'true', SIGNING_KEYS_FILE: 'signing.json', READ_URL_TTL_S: '60' };
    expect(readConfig(both)).toMatchObject({ signedReads: true, readUrlTtlS: 60 });
  });

  test.each(['yes', '1', 'TRUE'])('is not %s', (SIGNED_READS) => {
    expect(faultsOf({ SIGNED_READS })).toEqual([expect.stringContaining('it takes true or false')]);
  });
});

describe('CORS_ORIGINS', () => {
  test('takes origins as browsers send them', () => {
    expect(readConfig({ CORS_ORIGINS: 'https://shop.example, http://localhost:5173' }).corsOrigins).toEqual([
      'https://shop.example',
      'http://localhost:5173',
    ]);
  });

  test.each([
    '*',
    'null',
    'shop.example',
    'https://shop.example/',
    'https://Shop.example',
    'https://a.example,',
    'file://x',
  ])('refuses %j', (CORS_ORIGINS) => {
    expect(() => readConfig({ CORS_ORIGINS })).toThrow('it takes origins with commas between them');
  });
});

describe('what nodes share', () => {
  const DATABASE_URL = 'postgres://me:secret@db/jobs';
  const STORAGE_URL = 's3://photos/site?endpoint=https://s3.example.com&region=eu-1';

  test('is records in PostgreSQL and files in S3', () => {
    expect(readConfig({ DATABASE_URL, STORAGE_URL, ROLE: 'worker', READ_MODE: 'redirect' })).toMatchObject({
      database: { kind: 'postgres', url: DATABASE_URL },
      storage: { kind: 's3', settings: { bucket: 'photos', prefix: 'site/', region: 'eu-1' } },
      role: 'worker',
      readMode: 'redirect',
    });
  });

  test.each([
    [{ DATABASE_URL }, ['STORAGE_URL']],
    [{ STORAGE_URL }, ['STORAGE_URL']],
    [{ ROLE: 'api' }, ['ROLE']],
    [{ ROLE: 'worker', STORAGE_URL }, ['ROLE', 'STORAGE_URL']],
    [{ READ_MODE: 'redirect' }, ['READ_MODE']],
    [{ DATABASE_URL, STORAGE_URL: 'file:/srv', ROLE: 'api' }, ['STORAGE_URL']],
  ])('is one without the other in %j, which is a fault', (environment, names) => {
    const told = faultsOf(environment);
    expect(told.map((fault) => fault.split('=')[0]).toSorted()).toEqual(names);
    expect(told.join()).not.toContain('secret');
  });
});
