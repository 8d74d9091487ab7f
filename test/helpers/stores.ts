import { z } from 'zod';
import { DiskStores } from './disk-stores.ts';
import { PROFILE } from './profile.ts';

/** What an earlier life of a service has left to the next one. */
export const Leftovers = z.object({
  /** Jobs that run nowhere, and are said to run. */
  interrupted: z.int(),
  queued: z.int(),
  /** Sets of files that no record names. */
  unnamedSets: z.int(),
  orphanOriginals: z.int(),
});
export type Leftovers = z.infer<typeof Leftovers>;

/** What a service keeps, wherever its profile keeps it; past the service itself. */
export interface Stores {
  /** The variables of the environment that lead a service to it. */
  readonly env: Record<string, string>;
  /** The ids of images that have an original. */
  originals(): Promise<string[]>;
  /** `<run>/<file>` of all variants, named by a record or not. */
  published(): Promise<string[]>;
  /** `<upload>/<part>` of uploads that may come in several requests, with the bytes of each. */
  parts(): Promise<Map<string, number>>;
  original(image: string): Promise<Buffer>;
  removeOriginal(image: string): Promise<void>;
  /** Puts there what no record names. */
  strewOriginal(image: string): Promise<void>;
  strewVariant(run: string, file: string): Promise<void>;
  /** To be called while no service runs on it. Null where the next start tells of it, and it needs no look. */
  leftovers(): Promise<Leftovers | null>;
  /** Removes what no record names, however young it is; where every start does it, nothing. While nothing is under way. */
  sweep(): Promise<void>;
  /** They are of no more use. */
  end(): Promise<void>;
}

const ofFolders = new Map<string, Promise<Stores>>();

/** Those of a service with this folder, made when they are first asked for: a restart finds what was there. */
export function storesOf({ folder }: { folder: string }): Promise<Stores> {
  const known = ofFolders.get(folder);
  if (known) return known;
  const stores = PROFILE === 'cluster' ? newClusterStores() : Promise.resolve(new DiskStores(folder));
  ofFolders.set(folder, stores);
  return stores;
}

/** To be called when the folder is removed. */
export async function endStoresOf(folder: string): Promise<void> {
  await (await ofFolders.get(folder))?.end();
  ofFolders.delete(folder);
}

/** What it stands on is loaded where it is needed. */
async function newClusterStores(): Promise<Stores> {
  const { ClusterStores } = await import('./cluster-stores.ts');
  return ClusterStores.make();
}
