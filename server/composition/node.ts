import type { Isolation } from '../../shared/domain/isolation.ts';
import type { Decoder } from '../../shared/domain/quarantine.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { HandOff, JobWatch, Retries, WorkerCounts, WorkerState } from '../../shared/queue/hand-off.ts';
import type { JobNews } from '../../shared/queue/job-news.ts';
import type { DirectAccess } from '../../shared/storage/direct-access.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import type { UploadParts } from '../../shared/storage/upload-parts.ts';
import type { CommonAccess } from '../access/common-access.ts';
import type { Room } from '../intake/room.ts';

/** What takes uploads and tells of them. */
export interface Front {
  handOff: HandOff;
  watch: JobWatch;
  retries: Retries;
  /** What decodes; of several any. Null until one is known. */
  decoder(): Decoder | null;
  /** Where uploads lie until they are accepted, as far as they do not stay in memory. */
  spoolPath: string;
  /** Where uploads lie that come in several requests. */
  parts: UploadParts;
  /** On the disk that uploads are kept on. */
  room: Room;
}

/** The workers of this node. */
export interface WorkersView {
  counts(): WorkerCounts;
  /** Each process, from the oldest. */
  states(): readonly WorkerState[];
  /** They die at boot, and nothing more is started. */
  isBreakerOpen(): boolean;
  /** Of each process, in bytes. */
  rssBytes(): readonly number[];
  isolation: Isolation;
}

/** What a process of the service is made of: all of it on one machine, or one of many nodes. */
export interface Node {
  /** Its name among those that share the stores; null: there is but one. */
  name: string | null;
  /** Null: there is but one. */
  common: CommonAccess | null;
  store: JobStore;
  storage: ImageStorage;
  /** Of jobs, on whatever node. */
  news: Pick<JobNews, 'listen'>;
  /** Null: files lie on this machine, and clients come to them by us alone. */
  direct: DirectAccess | null;
  /** Whether the disk of what is kept is nearly full; null: it is kept elsewhere. */
  isDiskLow: (() => boolean) | null;
  /** Null: this node takes no uploads. */
  front: Front | null;
  /** Null: this node has no workers. */
  workers: WorkersView | null;
  /** Why no uploads, or no work, may come to it; null: they may. */
  unready(): string | null;
  /** Work begins. */
  start(): void;
  /**
   * Finishes what runs, starts nothing more.
   * @param deadline when it must be over, by `performance.now()`
   * @returns false when runs had to be killed
   */
  drain(deadline: number): Promise<boolean>;
  /** When all has been answered. */
  close(): Promise<void>;
  /** Kills the workers; for an exit that does not wait. */
  kill(): void;
  /** Replaces the workers one by one. False: the new ones do not become ready, and the old ones stay. */
  replaceWorkers(): Promise<boolean>;
}
