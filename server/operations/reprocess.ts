import { PIPELINE_VERSION } from '../../shared/domain/image.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type {
  ImageCursor,
  ImagesOfPreset,
  ReprocessCount,
  ReprocessedPage,
} from '../../shared/jobs/reprocess-records.ts';
import type { PresetsByName } from '../../shared/presets/configured-presets.ts';
import type { Retries } from '../../shared/queue/hand-off.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import { spanHere } from '../../shared/telemetry/tracing.ts';
import { knownPreset } from '../known-preset.ts';

/** Images that are counted in one call: it takes some 10 ms, for which an upload may have to wait. */
const COUNTED_AT_ONCE = 500;

/** Jobs that have failed and are told by name. */
const FAILED_TOLD = 100;

/** Images that were accepted with a preset of this name. */
export interface Reprocessed {
  preset: string;
  /** Accepted then or later, in milliseconds since 1970. */
  since: number;
}

export interface ReprocessParts {
  store: JobStore;
  storage: ImageStorage;
  retries: Retries;
  presets: PresetsByName;
}

const imagesOf = ({ preset, since }: Reprocessed, presets: PresetsByName): Omit<ImagesOfPreset, 'limit'> => ({
  preset: knownPreset(preset, presets),
  since,
  pipelineVersion: PIPELINE_VERSION,
});

/**
 * Gives new jobs to those of a page of images that have variants of an earlier recipe or pipeline. They show these until
 * the new ones are there.
 * @throws {Problem} where there is no such preset
 */
export async function queueReprocess(
  images: Reprocessed & { cursor: ImageCursor | undefined; limit: number },
  requestId: string,
  { store, storage, retries, presets }: ReprocessParts,
): Promise<Omit<ReprocessedPage, 'toRun' | 'retiredSets'>> {
  const { cursor, limit } = images;
  const trace = spanHere();
  const { toRun, retiredSets, ...page } = await store.queueReprocess({
    ...imagesOf(images, presets),
    ...(cursor && { after: cursor }),
    limit,
    requestId,
    ...(trace && { trace }),
    at: Date.now(),
  });
  for (const work of toRun) retries.addBacklog(work);
  // No row names them: what a crash leaves here, the next boot removes.
  for (const set of retiredSets) await storage.removePublished(set);
  return page;
}

/** Counts page by page, so that whoever else needs the store gets in between. @throws {Problem} */
export async function countReprocess(
  images: Reprocessed,
  { store, presets }: Pick<ReprocessParts, 'store' | 'presets'>,
): Promise<Omit<ReprocessCount, 'next'>> {
  const all = { total: 0, current: 0, pending: 0, failed: 0, originalGone: 0 };
  const failedJobs: ReprocessCount['failedJobs'] = [];
  const every = { ...imagesOf(images, presets), limit: COUNTED_AT_ONCE };
  for (let after: ImageCursor | null | undefined; after !== null; ) {
    const page: ReprocessCount = await store.countReprocess({ ...every, ...(after && { after }) });
    for (const kind of ['total', 'current', 'pending', 'failed', 'originalGone'] as const)
      all[kind] += page[kind];
    failedJobs.push(...page.failedJobs.slice(0, FAILED_TOLD - failedJobs.length));
    after = page.next;
  }
  return { ...all, failedJobs };
}
