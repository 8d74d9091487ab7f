import { join } from 'node:path';
import { readStores } from '../../shared/config.ts';
import type { Places } from '../composition/backup.ts';
import { UsageError } from './flags.ts';

/**
 * Where the environment has the records and files of one machine.
 * @param instead what is to be done where they are on many
 * @throws {UsageError | ConfigurationError}
 */
export function placesOfOneMachine(instead: string): Places {
  const { BASE_PATH: basePath, DATABASE_URL: database, STORAGE_URL: storage } = readStores();
  if (database?.kind === 'postgres' || storage?.kind === 's3') throw new UsageError(instead);
  return {
    database: database?.path ?? join(basePath, 'darkroom.db'),
    storage: storage?.path ?? basePath,
  };
}
