import { randomUUID } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { sweep } from '../../../server/upkeep/sweep.ts';
import {
  type ImageId,
  newImageId,
  newRunId,
  newUploadId,
  type RunId,
  type UploadId,
} from '../../../shared/domain/ids.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';

/** A bucket of which only what lies in it and its age count. */
class Bucket {
  readonly originalsKept = new Map<ImageId, number>();
  readonly setsKept = new Map<RunId, number>();
  readonly uploadsKept = new Map<ImageId, number>();
  /** Of resumable uploads. */
  readonly partsKept = new Map<UploadId, number>();
  readonly parts = {
    uploads: (olderThanMs: number) => pages(this.partsKept, olderThanMs),
    removeAll: async (id: UploadId) => void this.partsKept.delete(id),
  };
  aborted = 0;

  async *originals(olderThanMs: number) {
    yield* pages(this.originalsKept, olderThanMs);
  }
  async *published(olderThanMs: number) {
    yield* pages(this.setsKept, olderThanMs);
  }
  async *uploads(olderThanMs: number) {
    yield* pages(this.uploadsKept, olderThanMs);
  }
  async removeOriginal(id: ImageId) {
    this.originalsKept.delete(id);
  }
  async removePublished(run: RunId) {
    this.setsKept.delete(run);
  }
  async removeUpload(id: ImageId) {
    this.uploadsKept.delete(id);
  }
  async abortAbandoned() {
    return ++this.aborted;
  }
}

function* pages<T>(kept: Map<T, number>, olderThanMs: number): Generator<T[]> {
  const old = [...kept].filter(([, age]) => age >= olderThanMs).map(([id]) => id);
  for (let at = 0; at < old.length; at += 2) yield old.slice(at, at + 2);
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function scene(known: { images?: ImageId[]; runs?: RunId[]; deleted?: ImageId[]; open?: UploadId[] } = {}) {
  const bucket = new Bucket();
  const among =
    <T>(all: T[] = []) =>
    async (asked: T[]) =>
      asked.filter((it) => all.includes(it));
  const store = {
    originalsKeptAmong: among(known.images),
    publishedAmong: among(known.runs),
    originalsGoneAmong: among(known.deleted),
    openUploadsAmong: among(known.open),
  } as Partial<JobStore> as JobStore;
  const stopping = new AbortController();
  onTestFinished(() => stopping.abort());
  return { bucket, stopping, sweep: () => sweep(store, bucket as never, HOUR, stopping.signal) };
}

describe('a sweep', () => {
  test('removes parts of uploads that are not open, once they are old', async () => {
    const [open, ended, young] = [newUploadId(), newUploadId(), newUploadId()];
    const it = scene({ open: [open] });
    for (const id of [open, ended]) it.bucket.partsKept.set(id, 2 * HOUR);
    it.bucket.partsKept.set(young, HOUR - 1);
    expect(await it.sweep()).toMatchObject({ resumable: 1 });
    expect([...it.bucket.partsKept.keys()]).toEqual([open, young]);
  });

  test('removes what is old and no row names, and leaves what is young, or named', async () => {
    const [named, orphan, young, deleted] = [newImageId(), newImageId(), newImageId(), newImageId()];
    const [shown, unnamed, fresh] = [newRunId(), newRunId(), newRunId()];
    const it = scene({ images: [named], runs: [shown], deleted: [deleted] });
    for (const id of [named, orphan, deleted]) it.bucket.originalsKept.set(id, 2 * HOUR);
    it.bucket.originalsKept.set(young, HOUR - 1);
    for (const run of [shown, unnamed]) it.bucket.setsKept.set(run, 2 * HOUR);
    it.bucket.setsKept.set(fresh, 0);
    expect(await it.sweep()).toEqual({ originals: 2, sets: 1, uploads: 0, resumable: 0, parts: 1 });
    expect([...it.bucket.originalsKept.keys()]).toEqual([named, young]);
    expect([...it.bucket.setsKept.keys()]).toEqual([shown, fresh]);
  });

  test('removes what was brought to the bucket a day ago, and not told of', async () => {
    const it = scene();
    const [late, early] = [newImageId(), newImageId()];
    it.bucket.uploadsKept.set(late, DAY).set(early, DAY - 1);
    expect(await it.sweep()).toMatchObject({ uploads: 1 });
    expect([...it.bucket.uploadsKept.keys()]).toEqual([early]);
  });

  test('removes nothing where the database does not know the files: it is another one, or an earlier one', async () => {
    const it = scene();
    for (let count = 0; count < 1_001; count++) it.bucket.originalsKept.set(newImageId(), 2 * HOUR);
    const run = newRunId();
    it.bucket.setsKept.set(run, 2 * HOUR);
    await expect(it.sweep()).rejects.toMatchObject({ name: 'ForeignOriginals' });
    expect(it.bucket.originalsKept.size).toBe(1_001);
    expect(it.bucket.setsKept.has(run)).toBe(true);
  });

  test('removes many that were deleted: of these the database knows', async () => {
    const deleted = Array.from({ length: 1_500 }, () => newImageId());
    const it = scene({ deleted });
    for (const id of deleted) it.bucket.originalsKept.set(id, 2 * HOUR);
    expect(await it.sweep()).toMatchObject({ originals: 1_500 });
  });

  test('ends where the node drains', async () => {
    const it = scene();
    it.bucket.originalsKept.set(newImageId(), 2 * HOUR);
    it.stopping.abort(randomUUID());
    expect(await it.sweep()).toMatchObject({ originals: 0, sets: 0 });
    expect(it.bucket.aborted).toBe(0);
  });
});
