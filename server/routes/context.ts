import type { Readable } from 'node:stream';
import type { Context } from 'hono';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { PresetsByName } from '../../shared/presets/configured-presets.ts';
import type { JobWatch, Retries } from '../../shared/queue/hand-off.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { Caller } from '../access/caller.ts';
import type { Identify } from '../access/identify.ts';
import type { Reading } from '../access/reading.ts';
import type { SignedUrls } from '../access/signed-urls.ts';
import type { Ticket, TicketOffice } from '../access/tickets.ts';
import type { Patience } from '../intake/body-reader.ts';
import type { Intake } from '../intake/intake.ts';

/** What every handler finds in its context. */
export interface AppEnv {
  Variables: {
    requestId: string;
    log: Logger;
    identify: Identify;
    /** Who asks; of a route that is public there is none. */
    caller: Caller;
    /** By which the caller may upload; null: by its key, or as anybody. */
    ticket: Ticket | null;
    /** On what ground a variant is read. */
    reading: Reading;
  };
}

/** What the routes stand on; made in the composition root. */
export interface Parts {
  store: JobStore;
  storage: ImageStorage;
  intake: Intake;
  presets: PresetsByName;
  watch: JobWatch;
  retries: Retries;
  log: Logger;
  /** Who asks, by the key that is sent. */
  identify: Identify;
  tickets: TicketOffice;
  /** Null: variants are read by whoever has their address. */
  signedUrls: SignedUrls | null;
  /** Whose scripts may ask. */
  origins: readonly string[];
  /** The most of an upload without a ticket. */
  maxUploadBytes: number;
  /** The body of a request as a Node stream: each runtime has its own way to it. */
  bodyOf(context: Context): Readable;
  /** With such a body. */
  patience: Patience;
  /** Ready to take uploads, and else why not. */
  readiness(): { ready: true } | { ready: false; reason: string };
  /** True once nothing new is accepted. */
  isClosing(): boolean;
}
