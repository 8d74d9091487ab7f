import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { IdempotencyKey } from '../../../../shared/domain/idempotency.ts';
import { type ImageId, newClaimId, Tenant } from '../../../../shared/domain/ids.ts';
import type { JobStore } from '../../../../shared/jobs/job-store.ts';
import { openDatabase } from '../../../../shared/jobs/sqlite/open.ts';
import { inlineJobStore } from '../../../helpers/inline-job-store.ts';
import {
  crashed,
  MANIFEST,
  newStart,
  newUpload,
  PRESET_DIGEST,
  sha256Of,
  succeeded,
} from '../../../helpers/job-records.ts';
import { ownFolder } from '../../../helpers/own-folder.ts';

const GONE = Tenant.parse('gone');
const STAYS = Tenant.parse('stays');

/** In whatever texts of records they stand. */
const MARKS = ['caption-of-a-', 'key-of-a-', 'request-of-a-', 'variant-of-a-'];
const OF_GONE = MARKS.map((mark) => `${mark}gone`);
const OF_STAYS = MARKS.map((mark) => `${mark}stays`);

async function accepted(store: JobStore, tenant: Tenant, n: number): Promise<ImageId> {
  const id = newClaimId();
  const key = `key-of-a-${tenant}-${n}` as IdempotencyKey;
  await store.claimKey({ id, tenant, key, until: 9_000_000_000_000 }, 1_000);
  const upload = newUpload({
    image: {
      tenant,
      createdAt: n,
      // Of many sizes, so that pages of the database are split and joined.
      metadata: { caption: `caption-of-a-${tenant}-${n}`, more: 'x'.repeat((n * 37) % 900) },
    },
    job: { requestId: `request-of-a-${tenant}-${n}` },
    claim: { id, fingerprint: sha256Of(`${tenant} ${n}`) },
  });
  await store.acceptUpload(upload);
  const start = newStart(upload.job);
  await store.startRun(start);
  if (n % 10 === 0) await store.finishRun({ ...crashed(start), next: 'quarantined' });
  else {
    const variants = MANIFEST.variants.map((variant) => ({ ...variant, name: `variant-of-a-${tenant}` }));
    const manifest = { ...MANIFEST, variants };
    await store.finishRun({ ...succeeded(start), published: { manifest, recipeDigest: PRESET_DIGEST } });
  }
  return upload.image.id;
}

async function found(folder: string, marks: readonly string[]): Promise<string[]> {
  const all: string[] = [];
  for (const name of await readdir(folder)) {
    const bytes = await readFile(join(folder, name));
    all.push(...marks.filter((mark) => bytes.includes(mark)).map((mark) => `${mark} in ${name}`));
  }
  return all;
}

test('of an erased tenant no text is left in the files of the database, and of another all is', async () => {
  const folder = await ownFolder();
  const database = await openDatabase(join(folder, 'jobs.db'));
  onTestFinished(() => database.raw.close());
  // What a commit waits for the disk is no part of this.
  database.raw.exec('PRAGMA synchronous = OFF');
  const store = inlineJobStore(database);
  const images: ImageId[] = [];
  const hashes: string[] = [];
  for (let n = 0; n < 300; n++) {
    images.push(await accepted(store, GONE, n));
    await accepted(store, STAYS, n);
  }
  for (const { image } of (await store.listImages({ tenant: GONE, limit: 300 })).images)
    hashes.push(image.sha256);
  await store.scrub();
  expect(await found(folder, OF_GONE)).toHaveLength(OF_GONE.length);

  // One was deleted before, as anybody does it.
  await store.deleteImage(images[7] as ImageId, GONE, 5_000);
  const erased = { images: 0, quarantined: 0, keys: 0, jobs: 0 };
  for (let at = 0; at < images.length; at += 50) {
    const page = images.slice(at, at + 50);
    const { promoted: _, ...some } = await store.eraseImages({
      tenant: GONE,
      images: page,
      at: 6_000,
      runsEndBy: 7_000,
    });
    for (const what of ['images', 'quarantined', 'keys', 'jobs'] as const) erased[what] += some[what];
  }
  const rest = await store.eraseRest({ tenant: GONE, at: 6_000, limit: 500 });
  expect(erased).toEqual({ images: 299, quarantined: 30, keys: 300, jobs: 299 });
  expect(rest).toMatchObject({ quarantined: 0, keys: 0, jobs: 1, isUnderWay: false });
  for (let isMore = true; isMore; ) {
    const { due } = await store.listRemovals({ tenant: GONE, at: 9_000, limit: 200 });
    await store.forgetRemovals(due);
    isMore = due.length > 0;
  }
  expect(await store.scrub()).toBe('overwritten');

  expect(await found(folder, [...OF_GONE, ...hashes])).toEqual([]);
  expect(await found(folder, OF_STAYS)).toHaveLength(OF_STAYS.length);
  expect(database.raw.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' });
});

test('while somebody reads the database, it is said that its log has the bytes still', async () => {
  const folder = await ownFolder();
  const path = join(folder, 'jobs.db');
  const database = await openDatabase(path);
  const reader = await openDatabase(path);
  onTestFinished(() => {
    reader.raw.close();
    database.raw.close();
  });
  database.raw.exec('PRAGMA busy_timeout = 50');
  const store = inlineJobStore(database);
  reader.raw.exec('BEGIN; SELECT count(*) FROM images');
  await store.keepWatermark({ sha256: sha256Of('a'), png: new Uint8Array(9) });
  expect(await store.scrub()).toBe('in_use');
  reader.raw.exec('COMMIT');
  expect(await store.scrub()).toBe('overwritten');
});
