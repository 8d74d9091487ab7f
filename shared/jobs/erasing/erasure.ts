import type { ImageId, RunId, Tenant, UploadId } from '../../domain/ids.ts';
import type { Work } from '../records.ts';

/** Images of a tenant of which nothing is to be left. */
export interface ErasureOrder {
  tenant: Tenant;
  images: ImageId[];
  at: number;
  /** When a run that goes on now has ended, whatever becomes of it, and its output is removed. */
  runsEndBy: number;
}

/** What was forgotten, and is on no disk any more when its files are removed. */
export interface Forgotten {
  images: number;
  /** Originals and variants. */
  files: number;
  bytes: number;
  quarantined: number;
  /** Idempotency keys, and with them what was kept of a request. */
  keys: number;
  jobs: number;
  /** Those that come in several requests, open or ended. */
  uploads: number;
}

export interface ErasedImages extends Forgotten {
  /** Jobs that had waited for the run of another image, and have to be run themselves. */
  promoted: Work[];
}

/** A file that no row names any more. It is removed, and then this is, so that no crash in between leaves it there. */
export type Removal =
  | { kind: 'original'; id: ImageId }
  | { kind: 'set'; id: RunId }
  | { kind: 'parts'; id: UploadId };

export interface RemovalsAsked {
  tenant: Tenant;
  at: number;
  limit: number;
}

export interface Removals {
  /** To be removed now. */
  due: Removal[];
  /** Until the last of all is due, in milliseconds; null: there are none. */
  waitsMs: number | null;
}

/** What is left of a tenant when no image is. */
export interface ErasureRest {
  tenant: Tenant;
  at: number;
  /** Jobs in one call. */
  limit: number;
}

export interface ForgottenRest extends Forgotten {
  /** A request of the tenant with an idempotency key is on its way. */
  isUnderWay: boolean;
}

/**
 * What has become of the bytes of forgotten records, in the files of the database.
 * - `overwritten`: they are nowhere
 * - `freed`: they are unreachable, until the database writes over them
 * - `in_use`: somebody reads the database by themselves, and they are in its log
 */
export type Scrubbed = 'overwritten' | 'freed' | 'in_use';

export const NOTHING_FORGOTTEN: Forgotten = {
  images: 0,
  files: 0,
  bytes: 0,
  quarantined: 0,
  keys: 0,
  jobs: 0,
  uploads: 0,
};
