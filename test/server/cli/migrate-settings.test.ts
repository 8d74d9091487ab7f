import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../server/cli/flags.ts';
import { readSettings } from '../../../server/cli/migrate-settings.ts';
import { ConfigurationError } from '../../../shared/config.ts';

const DATABASE_URL = 'postgres://darkroom:secret@db.example.com/darkroom';
const STORAGE_URL = 's3://photos/of-us?region=eu-central-1';
const ENVIRONMENT = { BASE_PATH: '/var/lib/darkroom', DATABASE_URL, STORAGE_URL };

const BUCKET = {
  bucket: 'photos',
  prefix: 'of-us/',
  endpoint: null,
  publicEndpoint: null,
  region: 'eu-central-1',
  pathStyle: false,
};

function faultOf(flags: object, environment: Record<string, string> = {}): unknown {
  try {
    return readSettings(flags, environment);
  } catch (error) {
    return error;
  }
}

describe('where from and where to', () => {
  test('is what the environment of the two services says', () => {
    expect(readSettings({}, ENVIRONMENT)).toEqual({
      from: { database: '/var/lib/darkroom/darkroom.db', storage: '/var/lib/darkroom' },
      to: { database: DATABASE_URL, storage: BUCKET },
    });
  });

  test('is what the flags say, where there are some', () => {
    const flags = {
      from: 'sqlite:/srv/jobs.db',
      fromFiles: 'file:/srv/images',
      to: 'postgres://other.example.com/other',
      toFiles: 's3://others?region=eu-west-1',
    };
    expect(readSettings(flags, ENVIRONMENT)).toEqual({
      from: { database: '/srv/jobs.db', storage: '/srv/images' },
      to: {
        database: 'postgres://other.example.com/other',
        storage: { ...BUCKET, bucket: 'others', prefix: '', region: 'eu-west-1' },
      },
    });
  });

  test('is needed, and not the one machine itself', () => {
    const usage = expect.objectContaining({
      name: 'UsageError',
      message: expect.stringMatching(/DATABASE_URL, or --to\n.*STORAGE_URL, or --to-files$/),
    });
    expect(faultOf({})).toEqual(usage);
    expect(faultOf({}, { DATABASE_URL: 'sqlite:/srv/jobs.db', STORAGE_URL: 'file:/srv' })).toEqual(usage);
    expect(faultOf({ to: DATABASE_URL }, { STORAGE_URL: 'file:/srv' })).toMatchObject({
      message: 'there has to be a bucket to move to: s3://… in STORAGE_URL, or --to-files',
    });
  });
});

describe('a command line that cannot be followed', () => {
  test('is told with all its faults, and with no password', () => {
    const flags = { from: DATABASE_URL, fromFiles: STORAGE_URL };
    const fault = faultOf({ ...flags, to: 'sqlite:/srv/jobs.db', toFiles: 's3://x?secret=1' });
    expect(fault).toBeInstanceOf(UsageError);
    const { message } = fault as UsageError;
    const named = message.split('\n').map((line) => line.split(' ')[0]);
    expect(new Set(named)).toEqual(new Set(['--from', '--from-files', '--to', '--to-files']));
    expect(message).not.toContain('secret@');
    expect(message).toContain('--from takes sqlite: and a path');
    expect(message).toContain(
      '--to-files takes the parameters endpoint, publicEndpoint, region and pathStyle',
    );
  });
});

test('a wrong environment is told as the service tells it, without the password', () => {
  const fault = faultOf({}, { DATABASE_URL: 'mysql://darkroom:secret@db/darkroom', STORAGE_URL: 's3:' });
  expect(fault).toBeInstanceOf(ConfigurationError);
  const { faults } = fault as ConfigurationError;
  expect(faults.map((it) => it.split('=')[0])).toEqual(['DATABASE_URL', 'STORAGE_URL']);
  expect(faults.join()).not.toContain('secret');
});
