import type { Config } from '../../shared/config.ts';
import type { PresetsByName } from '../../shared/presets/configured-presets.ts';
import type { AccessParts } from '../access/prepare-access.ts';
import { createApp } from '../app.ts';
import type { EventHub } from '../events/event-hub.ts';
import type { HttpRuntime } from '../http/http-server.ts';
import { Intake } from '../intake/intake.ts';
import { SpoolMemory } from '../intake/spool-memory.ts';
import { ResumableUploads } from '../resumable/resumable-uploads.ts';
import { tidyUploads } from '../resumable/tidy.ts';
import type { Parts, ProbeParts } from '../routes/context.ts';
import type { Front, Node } from './node.ts';
import { Repeated } from './repeated.ts';

/** Uploads that nobody asks for any more. */
const TIDIED_EVERY_MS = 60_000;

interface ReceptionOptions {
  config: Config;
  presets: PresetsByName;
  access: AccessParts;
  /** Whether there are several tenants. */
  isShared: boolean;
  runtime: HttpRuntime;
  events: EventHub;
  endpoints: Parts['endpoints'];
}

/** What takes uploads, and answers for them. */
export function receptionOf(
  { store, storage, direct }: Node,
  { handOff, retries, watch, decoder, parts, spoolPath, room }: Front,
  probes: ProbeParts,
  { config, presets, access, isShared, runtime, events, endpoints }: ReceptionOptions,
) {
  const patience = { stallMs: config.uploadStallMs, wholeMs: config.uploadTimeoutMs };
  const { quotaOf } = access;
  const spoolMemory = new SpoolMemory();
  const limits = { ...config, ...patience, quotaOf };
  const intake = new Intake(store, storage, handOff, retries, decoder, presets, {
    ...limits,
    spoolPath,
    room,
    spoolMemory,
  });
  const resumable = new ResumableUploads({ store, parts, spoolPath, spoolMemory }, intake, {
    ...limits,
    isShared,
  });
  const { completion } = resumable;
  const tidy = (signal: AbortSignal) => tidyUploads({ store, parts, completion }, signal, probes.log);
  const tidying = new Repeated('tidy uploads', tidy, TIDIED_EVERY_MS, probes.log);
  const app = createApp({
    ...probes,
    store,
    storage,
    uploadParts: parts,
    direct,
    redirectsReads: config.readMode === 'redirect',
    intake,
    resumable,
    watch,
    retries,
    events,
    cut: runtime.cut,
    presets,
    keepOriginalsMs: config.keepOriginalsMs,
    origins: config.corsOrigins,
    jobTimeoutMs: config.jobTimeoutMs,
    maxUploadBytes: config.maxUploadBytes,
    bodyOf: runtime.bodyOf,
    patience,
    endpoints,
  });
  return { app, intake, resumable, tidying };
}
