import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { PostgresServer } from '../../test/helpers/postgres-server.ts';
import { S3_ENVIRONMENT } from '../../test/helpers/s3-environment.ts';
import { S3Server } from '../../test/helpers/s3-server.ts';
import { startService } from '../../test/helpers/service.ts';
import { writeWebhooks } from '../../test/helpers/webhooks-file.ts';
import { ENVIRONMENT, live } from './live.ts';
import { NOBODY } from './one-machine.ts';
import type { Lived } from './release.ts';

/** Of Debian's postgresql-15: a dump of the oldest version that is taken goes into every later one. */
const PG_DUMP = '/usr/lib/postgresql/15/bin/pg_dump';

/** So that nothing but SQL is in it, and anybody may bring it back. */
const FLAGS = ['--inserts', '--no-owner', '--no-privileges', '--no-comments'];

/** Has a node live on a database and a bucket, and copies what it has left there: `database.sql`, and a file for each object. */
export async function manyMachines(to: string, folder: string): Promise<Lived> {
  await using database = await PostgresServer.start();
  await using bucket = await S3Server.start();
  const name = await bucket.newBucket();
  const env = {
    ...ENVIRONMENT,
    ...S3_ENVIRONMENT,
    DATABASE_URL: await database.newDatabase(),
    STORAGE_URL: bucket.urlOf(name),
    WEBHOOKS_FILE: await writeWebhooks(folder, [NOBODY]),
  };
  const service = await startService({ folder, faults: true, env });
  await using _ended = service;
  const lived = await live(service);
  const { stdout } = await promisify(execFile)(PG_DUMP, [...FLAGS, env.DATABASE_URL], {
    maxBuffer: 64 * 2 ** 20,
  });
  await mkdir(to, { recursive: true });
  // Lines for psql alone.
  await writeFile(join(to, 'database.sql'), stdout.replaceAll(/^\\.*\n/gm, ''));
  for (const key of await bucket.keysOf(name)) {
    const path = join(to, 'bucket', key);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, await bucket.read(name, key));
  }
  return lived;
}
