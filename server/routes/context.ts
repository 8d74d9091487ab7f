import type { Readable } from 'node:stream';
import type { Context } from 'hono';
import type { Isolation } from '../../shared/domain/isolation.ts';
import type { OriginalsKept } from '../../shared/domain/retention.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { PresetsByName } from '../../shared/presets/configured-presets.ts';
import type { JobWatch, Retries, WorkerCounts } from '../../shared/queue/hand-off.ts';
import type { DirectAccess } from '../../shared/storage/direct-access.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import type { UploadParts } from '../../shared/storage/upload-parts.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { Caller } from '../access/caller.ts';
import type { AccessParts } from '../access/prepare-access.ts';
import type { Allowance } from '../access/rate-limits.ts';
import type { Reading } from '../access/reading.ts';
import type { Ticket } from '../access/tickets.ts';
import type { OpsState } from '../contract/ops-answer.ts';
import type { EventHub } from '../events/event-hub.ts';
import type { Patience } from '../intake/body-reader.ts';
import type { Intake } from '../intake/intake.ts';
import type { ToldEndpoint } from '../operations/webhooks.ts';
import type { ResumableUploads } from '../resumable/resumable-uploads.ts';

/** What every handler finds in its context. */
export interface AppEnv {
  Variables: {
    requestId: string;
    log: Logger;
    access: AccessParts;
    /** The address that it comes from. */
    client: string;
    /** What is left to whoever asks; null where it is not counted. */
    allowance: Allowance | null;
    /** Who asks; of a route that is public there is none. */
    caller: Caller;
    /** By which the caller may upload; null: by its key, or as anybody. */
    ticket: Ticket | null;
    /** On what ground a variant is read. */
    reading: Reading;
  };
}

/** What the probes stand on, and every answer. */
export interface ProbeParts {
  log: Logger;
  access: AccessParts;
  /** The address at the other end of the connection. */
  peerOf(context: Context): string;
  /** Ready to take uploads, or work where it takes none; and else why not. */
  readiness(): { ready: true } | { ready: false; reason: string };
  /** What a probe that asks for more is told; anybody may, so it holds no path and no name. Nothing where there are no workers. */
  inside(): { workers?: WorkerCounts; isolation?: Isolation };
  /** What an operator is told of this process. */
  opsState(): Promise<OpsState>;
  /** True from the first moment of a drain: connections are to be made elsewhere. */
  isDraining(): boolean;
  /** True once nothing new is accepted. */
  isClosing(): boolean;
}

/** What the routes stand on; made in the composition root. */
export interface Parts extends ProbeParts {
  store: JobStore;
  storage: ImageStorage;
  /** Of uploads that are not whole. */
  uploadParts: UploadParts;
  intake: Intake;
  /** Uploads that may come in several requests. */
  resumable: ResumableUploads;
  presets: PresetsByName;
  /** Where files lie in a bucket, the ways of clients to it; null where they do not. */
  direct: DirectAccess | null;
  /** Variants are sent by the bucket, and not by us. */
  redirectsReads: boolean;
  watch: JobWatch;
  retries: Retries;
  events: EventHub;
  /** Ends the connection of a request. False: it cannot, and the answer is to end. */
  cut(context: Context): boolean;
  /** See `OriginalsKept`. */
  keepOriginalsMs: OriginalsKept;
  /** Whose scripts may ask. */
  origins: readonly string[];
  /** The deadline of a run. */
  jobTimeoutMs: number;
  /** The most of an upload without a ticket. */
  maxUploadBytes: number;
  /** The body of a request as a Node stream: each runtime has its own way to it. */
  bodyOf(context: Context): Readable;
  /** With such a body. */
  patience: Patience;
  /** Who is told what becomes of images. */
  endpoints(): readonly ToldEndpoint[];
}
