import { join } from 'node:path';
import { z } from 'zod';
import { readStores } from '../../shared/config.ts';
import { DatabaseUrl, StorageUrl } from '../../shared/environment.ts';
import { S3Url } from '../../shared/storage/s3/s3-url.ts';
import type { MigrationPlaces } from '../composition/migration.ts';
import { readFlags, UsageError } from './flags.ts';

export const USAGE =
  'migrate [--from sqlite:FILE] [--from-files file:FOLDER] [--to postgres://…] [--to-files s3://…] [--help]\n';

export const HELP = `${USAGE}
Moves all that one machine has to what many share: records from SQLite to PostgreSQL, files from a folder to S3.
Run it where the data folder is, as the user that the service is, and of the service's own version. Stop that service
before, and start none on the target until this ends.

  --from        the records; by default sqlite:BASE_PATH/darkroom.db
  --from-files  the originals and variants; by default file:BASE_PATH
  --to          the database of the nodes; by default DATABASE_URL
  --to-files    the bucket of the nodes, as s3://bucket/prefix?endpoint=…&region=…; by default STORAGE_URL

Have the target in the environment, as the nodes have it: everybody on this machine can read a command line, and the
password in it. The keys of S3 are looked for as the service looks for them, in AWS_ACCESS_KEY_ID and so on.

Each file is compared with the hash that its record has, before it is sent and when it is read back from the bucket;
when all are there the records follow, all of them or none, and are counted on both sides. A job that waits is run by
the first node with workers. Nothing on this side is changed but that what was running waits again: to go back, start
the old service.

It may be ended at any time. The same command goes on where it was, and reads nothing twice that was compared before.

Exit codes:
   0  all is there
   1  what it lists is missing or damaged on this side, or has gone from the bucket; all else is there
   2  the command line cannot be followed
  75  the target has not answered for a minute; the same command goes on where this one was
  78  nothing can be moved so: a service works on either side, the target has records of another one, or a
      setting is wrong
`;

const SQLITE = 'sqlite: and a path, such as sqlite:/var/lib/darkroom/darkroom.db';
const FOLDER = 'file: and a path, such as file:/var/lib/darkroom';
const POSTGRES = 'the address of a PostgreSQL, such as postgres://user@host:5432/darkroom';

const Flags = z.object({
  from: z.string().transform((text, context) => {
    const { data } = DatabaseUrl.safeParse(text);
    return data?.kind === 'sqlite' ? data.path : refuse(context, SQLITE);
  }),
  'from-files': z.string().transform((text, context) => {
    const { data } = StorageUrl.safeParse(text);
    return data?.kind === 'disk' ? data.path : refuse(context, FOLDER);
  }),
  to: z.string().transform((text, context) => {
    const { data } = DatabaseUrl.safeParse(text);
    return data?.kind === 'postgres' ? data.url : refuse(context, POSTGRES);
  }),
  'to-files': z.string().transform((text, context) => {
    const { data, error } = S3Url.safeParse(text);
    return data ?? refuse(context, ...(error?.issues ?? []).map(({ message }) => message));
  }),
  help: z.boolean(),
});

/**
 * @param environment of which the target is by default, and the data folder
 * @throws {UsageError} naming every fault of the command line at once
 * @throws {ConfigurationError} naming every fault of the environment
 */
export function readArguments(
  argv: readonly string[],
  environment?: Record<string, string | undefined>,
): MigrationPlaces | 'help' {
  const text = { type: 'string' } as const;
  const options = { from: text, 'from-files': text, to: text, 'to-files': text };
  const flags = readFlags(argv, { ...options, help: { type: 'boolean' } }, Flags.partial());
  if (flags.help) return 'help';
  const stores = readStores(environment);
  const { BASE_PATH: basePath, DATABASE_URL: database, STORAGE_URL: storage } = stores;
  const records = flags.to ?? (database?.kind === 'postgres' ? database.url : null);
  const bucket = flags['to-files'] ?? (storage?.kind === 's3' ? storage.settings : null);
  if (!records || !bucket) {
    const missing = [
      records ? '' : 'a database to move to: postgres://… in DATABASE_URL, or --to',
      bucket ? '' : 'a bucket to move to: s3://… in STORAGE_URL, or --to-files',
    ];
    throw new UsageError(`there has to be ${missing.filter(Boolean).join('\nand ')}`);
  }
  return {
    from: {
      database: flags.from ?? join(basePath, 'darkroom.db'),
      storage: flags['from-files'] ?? basePath,
    },
    to: { database: records, storage: bucket },
  };
}

/** What is told names nothing of the text, which may have a password in it. */
function refuse(context: z.core.$RefinementCtx, ...takes: string[]): never {
  for (const message of takes) context.addIssue({ code: 'custom', message: `takes ${message}` });
  return z.NEVER;
}
