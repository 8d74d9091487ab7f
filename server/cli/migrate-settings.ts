import { join } from 'node:path';
import { z } from 'zod';
import { readStores } from '../../shared/config.ts';
import { S3Url } from '../../shared/storage/s3/s3-url.ts';
import { DatabaseUrl, StorageUrl } from '../../shared/store-urls.ts';
import type { MigrationPlaces } from '../composition/migration.ts';
import { settingsOf, UsageError } from './flags.ts';

const SQLITE = 'sqlite: and a path, such as sqlite:/var/lib/darkroom/darkroom.db';
const FOLDER = 'file: and a path, such as file:/var/lib/darkroom';
const POSTGRES = 'the address of a PostgreSQL, such as postgres://user@host:5432/darkroom';

const Flags = z.object({
  from: z.string().transform((text, context) => {
    const { data } = DatabaseUrl.safeParse(text);
    return data?.kind === 'sqlite' ? data.path : refuse(context, SQLITE);
  }),
  fromFiles: z.string().transform((text, context) => {
    const { data } = StorageUrl.safeParse(text);
    return data?.kind === 'disk' ? data.path : refuse(context, FOLDER);
  }),
  to: z.string().transform((text, context) => {
    const { data } = DatabaseUrl.safeParse(text);
    return data?.kind === 'postgres' ? data.url : refuse(context, POSTGRES);
  }),
  toFiles: z.string().transform((text, context) => {
    const { data, error } = S3Url.safeParse(text);
    return data ?? refuse(context, ...(error?.issues ?? []).map(({ message }) => message));
  }),
});

/**
 * @param given by the names that commander has for the flags
 * @param environment of which the target is by default, and the data folder
 * @throws {UsageError} naming every fault of the command line at once
 * @throws {ConfigurationError} naming every fault of the environment
 */
export function readSettings(
  given: object,
  environment?: Record<string, string | undefined>,
): MigrationPlaces {
  const flags = settingsOf(Flags.partial(), given);
  const stores = readStores(environment);
  const { BASE_PATH: basePath, DATABASE_URL: database, STORAGE_URL: storage } = stores;
  const records = flags.to ?? (database?.kind === 'postgres' ? database.url : null);
  const bucket = flags.toFiles ?? (storage?.kind === 's3' ? storage.settings : null);
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
      storage: flags.fromFiles ?? basePath,
    },
    to: { database: records, storage: bucket },
  };
}

/** What is told names nothing of the text, which may have a password in it. */
function refuse(context: z.core.$RefinementCtx, ...takes: string[]): never {
  for (const message of takes) context.addIssue({ code: 'custom', message: `takes ${message}` });
  return z.NEVER;
}
