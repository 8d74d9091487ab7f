import { dirname } from 'node:path';
import type { Config } from '../../../shared/config.ts';

/** A folder that the service works in. */
export interface Place {
  /** The variables that lead to it. */
  names: string[];
  path: string;
  /** What lies there has to stay. */
  isKept: boolean;
  hasSqlite: boolean;
}

/** The folders of a service with these settings, each once. */
export function placesOf({ basePath, scratchPath, storage, database }: Config): Place[] {
  const isShared = database.kind === 'postgres';
  const places = new Map<string, Place>();
  const add = (name: string, path: string, about: Partial<Place> = {}) => {
    const place = places.get(path) ?? { names: [], path, isKept: false, hasSqlite: false };
    place.names.push(name);
    places.set(path, {
      ...place,
      isKept: place.isKept || (about.isKept ?? false),
      hasSqlite: place.hasSqlite || (about.hasSqlite ?? false),
    });
  };
  add('BASE_PATH', basePath, { isKept: !isShared });
  if (storage.kind === 'disk') add('STORAGE_URL', storage.path, { isKept: true });
  if (database.kind === 'sqlite')
    add('DATABASE_URL', dirname(database.path), { isKept: true, hasSqlite: true });
  add('SCRATCH_PATH', scratchPath);
  return [...places.values()];
}
