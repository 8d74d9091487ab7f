import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../shared/config.ts';
import { Environment } from '../../shared/environment.ts';
import { memoryForPictures, memoryLimit, memoryOfWorker } from '../../shared/memory-limit.ts';
import { faultsOf } from '../helpers/faults-of.ts';

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
