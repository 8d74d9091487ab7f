import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Focus } from '../../../shared/domain/focus.ts';
import type { Job } from '../../../shared/domain/job.ts';
import { Preset, recipeDigest, recipeFor } from '../../../shared/domain/preset.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import type { RunEnd, RunStart } from '../../../shared/jobs/records.ts';
import { MANIFEST, type NewUpload, newStart, newUpload, succeeded } from '../../helpers/job-records.ts';
import { imageOf } from '../image-of.ts';

export const PIPELINE = MANIFEST.pipelineVersion;
export const LATER = 10_000;

/** A preset as it is at some time; a test has names of its own, since it shares the store with the others. */
export const presetOf = (name: string, width: number, position: 'centre' | 'focus' = 'centre') =>
  Preset.parse({
    name,
    sizes: [{ name: 'large', width, height: 100, fit: 'cover', position }],
    outputs: [{ format: 'jpeg' }],
  });

/** Images of a store that were made by one preset or the next, and what is asked of the store about them. */
export function imagesAnew(store: () => JobStore) {
  function presets() {
    const preset = `p${randomUUID().slice(0, 8)}`;
    return { before: presetOf(preset, 100), now: presetOf(preset, 200) };
  }

  /** An upload that is accepted with a preset as it is. */
  async function accept(preset: Preset, given: Parameters<typeof newUpload>[0] = {}): Promise<NewUpload> {
    const made = newUpload({ ...given, image: { ...given.image, preset: preset.name } });
    const recipe = recipeFor(preset, made.image.focus);
    const upload = { ...made, recipe, recipeDigest: recipeDigest(recipe) };
    expect(await store().acceptUpload(upload)).toMatchObject({ id: upload.jobId });
    return upload;
  }

  const publishes = (start: RunStart, preset: Preset, focus: Focus | null = null): RunEnd => ({
    ...succeeded(start),
    published: { manifest: MANIFEST, recipeDigest: recipeDigest(recipeFor(preset, focus)) },
  });

  async function run(job: Pick<Job, 'id'>, end: (start: RunStart) => RunEnd) {
    const start = { ...newStart({ id: job.id } as Job) };
    expect(await store().startRun(start)).not.toBeNull();
    return { runId: start.runId, settled: await store().finishRun(end(start)) };
  }

  /** An image with the variants of a preset as it is. */
  async function published(preset: Preset, given: Parameters<typeof newUpload>[0] = {}) {
    const upload = await accept(preset, given);
    const { runId } = await run(upload.job, (start) => publishes(start, preset, upload.image.focus));
    return { upload, runId };
  }

  const scopeOf = (preset: Preset) => ({ preset, pipelineVersion: PIPELINE, since: 0, limit: 100 });
  const queue = (preset: Preset, given: { since?: number; pipelineVersion?: number; at?: number } = {}) =>
    store().queueReprocess({ ...scopeOf(preset), at: LATER, requestId: 'request-2', ...given });
  const count = async (preset: Preset, given: { since?: number; pipelineVersion?: number } = {}) => {
    const { next, ...counted } = await store().countReprocess({ ...scopeOf(preset), ...given });
    expect(next).toBeNull();
    return counted;
  };

  const found = (upload: NewUpload) => imageOf(store(), upload);
  const setOf = async (upload: NewUpload) => (await found(upload)).set?.runId;
  const jobOf = async (upload: NewUpload) => (await found(upload)).job;

  return { presets, accept, publishes, run, published, scopeOf, queue, count, imageOf: found, setOf, jobOf };
}
