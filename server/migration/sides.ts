import type { Kysely } from 'kysely';
import type { Tables } from '../../shared/jobs/schema/tables.ts';
import type { Sessions } from '../../shared/postgres/sessions.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';

/** Where everything is: one machine, which nobody else works on meanwhile. */
export interface Source {
  db: Kysely<Tables>;
  storage: ImageStorage;
  /** A folder on the volume of the files, for links to them. */
  stagingPath: string;
}

/** Where everything is to be: what nodes share. */
export interface Target {
  sessions: Sessions<Tables>;
  storage: ImageStorage;
}

/** How far one part of it is. */
export interface Step {
  what: 'originals' | 'sets' | 'rows';
  done: number;
  total: number;
  /** Of files, moved by this call. */
  bytes: number;
  leftOut: number;
}

export type Report = (step: Step) => void;

/** What could not be moved, and why: a person has to look at it. */
export interface LeftOut {
  kind: string;
  id: string;
  why: string;
}
