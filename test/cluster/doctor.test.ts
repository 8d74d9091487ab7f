import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { askDoctor } from '../helpers/doctor.ts';
import { passableFolder } from '../helpers/own-folder.ts';
import { copyOf } from '../helpers/postgres-server.ts';
import { S3_ENVIRONMENT } from '../helpers/s3-environment.ts';
import { sharedServer } from '../helpers/shared-servers.ts';
import { describeWithS3 } from '../helpers/with-s3.ts';

const CLOCK_AHEAD = fileURLToPath(new URL('../fixtures/clock-ahead.ts', import.meta.url));

describeWithS3('a node of many', (server) => {
  async function environment(given: Record<string, string> = {}): Promise<Record<string, string>> {
    return {
      ...S3_ENVIRONMENT,
      // It has no workers, which take the time.
      ROLE: 'api',
      BASE_PATH: await passableFolder(),
      DATABASE_URL: await copyOf(await sharedServer('migrated')),
      STORAGE_URL: server().urlOf(await server().newBucket()),
      ...given,
    };
  }

  test('that is well has no fault, and leaves nothing in the bucket', async () => {
    const bucket = await server().newBucket();
    const env = await environment({
      STORAGE_URL: server().urlOf(bucket, 'site'),
      READ_MODE: 'redirect',
      ROLE: 'all',
    });
    const { code, lines } = await askDoctor({ env });
    expect({ code, fails: lines('fail') }).toEqual({ code: 0, fails: [] });
    expect(lines('ok')).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^database: PostgreSQL \d+ at .* up to date/),
        expect.stringMatching(
          /^storage: the bucket .* puts, lists, reads, removes, and takes uploads in parts/,
        ),
        expect.stringMatching(/^storage clock: as S3 has it/),
        expect.stringMatching(/^signed addresses: those for .* upload and read/),
      ]),
    );
    expect(await server().keysOf(bucket)).toEqual([]);
  });

  test('without its bucket, and with another password for the database', async () => {
    const address = new URL(await sharedServer('postgres'));
    address.password = 'wrong-password';
    const STORAGE_URL = server().urlOf('darkroom-nowhere');
    const { code, lines } = await askDoctor({
      env: await environment({ DATABASE_URL: address.href, STORAGE_URL }),
    });
    expect({ code, fails: lines('fail') }).toEqual({
      code: 78,
      fails: [
        expect.stringMatching(
          /^database: .*password authentication failed.* -> Set the user and the password/,
        ),
        expect.stringMatching(/^storage: the bucket darkroom-nowhere .*NoSuchBucket.* -> Create the bucket/),
      ],
    });
    expect(lines('fail').join()).not.toContain('wrong-password');
  });

  test('with keys of somebody else, and a clock that is ahead', async () => {
    const env = await environment({ AWS_SECRET_ACCESS_KEY: 'wrong-secret', CLOCK_AHEAD_MS: '60000' });
    const { code, lines } = await askDoctor({ env, preload: CLOCK_AHEAD });
    expect({ code, fails: lines('fail') }).toEqual({
      code: 78,
      fails: [expect.stringMatching(/^storage: .*SignatureDoesNotMatch.* -> Set AWS_ACCESS_KEY_ID/)],
    });
    expect(lines('warn')).toContainEqual(
      expect.stringMatching(/^database clock: this clock is 60 s ahead of that of the database -> .*NTP/),
    );
  });

  test('with a clock behind that of S3, and scripts that may not upload to the bucket', async () => {
    const env = await environment({ CLOCK_AHEAD_MS: '-60000', CORS_ORIGINS: 'https://shop.example' });
    const { lines } = await askDoctor({ env, preload: CLOCK_AHEAD });
    expect(lines('fail')).toEqual([]);
    expect(lines('warn')).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^storage clock: this clock is (59|60|61) s behind that of S3 -> .*NTP/),
        expect.stringMatching(
          /^signed addresses: scripts of https:\/\/shop\.example may not upload .* -> .*CORS/,
        ),
      ]),
    );
  });

  test('that reaches neither', async () => {
    const database = new URL(await sharedServer('postgres'));
    database.port = '1';
    const env = await environment({
      DATABASE_URL: database.href,
      STORAGE_URL: 's3://darkroom-nowhere?endpoint=http://127.0.0.1:1',
    });
    const { code, lines } = await askDoctor({ env });
    expect({ code, fails: lines('fail') }).toEqual({
      code: 78,
      fails: [
        expect.stringMatching(/^database: .*ECONNREFUSED.* -> See that PostgreSQL runs at 127\.0\.0\.1:1\//),
        expect.stringMatching(
          /^storage: .*ECONNREFUSED.* -> See that S3 answers at http:\/\/127\.0\.0\.1:1,/,
        ),
      ],
    });
  });
});
