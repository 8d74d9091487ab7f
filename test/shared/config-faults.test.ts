import { describe, expect, test } from 'vitest';
import { readConfig } from '../../shared/config.ts';
import type { Environment } from '../../shared/environment.ts';
import { faultsOf } from '../helpers/faults-of.ts';

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
