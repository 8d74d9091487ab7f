import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BY_ADDRESS } from '../../../server/access/reading.ts';
import { deliver } from '../../../server/delivery/deliver.ts';
import { newRunId } from '../../../shared/domain/ids.ts';
import type { PublishedSet, Variant } from '../../../shared/domain/image.ts';
import type { JobState } from '../../../shared/domain/job.ts';
import { variantUrlName } from '../../../shared/domain/variant-url.ts';
import type { ImageRecord } from '../../../shared/jobs/records.ts';
import { DiskStorage } from '../../../shared/storage/disk/disk-storage.ts';
import { newUpload, sha256Of } from '../../helpers/job-records.ts';
import { ownFolder } from '../../helpers/own-folder.ts';
import { putFiles } from '../../helpers/put-files.ts';

const GET = {
  method: 'GET',
  accept: undefined,
  ifNoneMatch: undefined,
  range: undefined,
  ifRange: undefined,
};

/** An image whose sets come and go. */
async function image() {
  const folder = await ownFolder();
  const storage = await DiskStorage.open(join(folder, 'storage'));
  const { image, job } = newUpload();
  const recordOf = (set: PublishedSet | null, state: JobState = 'succeeded'): ImageRecord => ({
    image,
    job: { ...job, state },
    set,
  });

  async function publish(content: string): Promise<{ set: PublishedSet; variant: Variant }> {
    const variant: Variant = {
      name: 'thumb',
      format: 'webp',
      width: 10,
      height: 10,
      bytes: content.length,
      sha256: sha256Of(content),
      frames: 1,
    };
    const manifest = { pipelineVersion: 1, variants: [variant], description: null, privacy: null };
    const set = { runId: newRunId(), manifest, publishedAt: 1 };
    await putFiles(storage, set.runId, { 'thumb.webp': content });
    return { set, variant };
  }
  return { id: image.id, storage, recordOf, publish };
}

/** What is found, one look after the other. */
function finds(...records: ImageRecord[]) {
  return async () => {
    const record = records.shift();
    if (!record) throw new Error('nobody looks so often');
    return record;
  };
}

describe('while an image is made anew', () => {
  test('a file that goes away between the record and the file is answered by what has taken its place', async () => {
    const { storage, publish, recordOf } = await image();
    const [before, after] = [await publish('before'), await publish('after it')];
    await storage.removePublished(before.set.runId);
    const answer = await deliver(
      { storage, direct: null },
      finds(recordOf(before.set), recordOf(after.set)),
      'thumb',
      GET,
      BY_ADDRESS,
    );
    expect([answer.status, await answer.text()]).toEqual([200, 'after it']);
  });

  test('what goes away again and again is not found at last', async () => {
    const { storage, publish, recordOf } = await image();
    const [first, second] = [await publish('first'), await publish('second')];
    for (const { set } of [first, second]) await storage.removePublished(set.runId);
    const find = finds(recordOf(first.set), recordOf(second.set));
    await expect(deliver({ storage, direct: null }, find, 'thumb', GET, BY_ADDRESS)).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test.each(['queued', 'running', 'failed'] as const)(
    'what it has is answered while its job is %s',
    async (state) => {
      const { storage, publish, recordOf } = await image();
      const { set } = await publish('before');
      expect(
        (await deliver({ storage, direct: null }, finds(recordOf(set, state)), 'thumb', GET, BY_ADDRESS))
          .status,
      ).toBe(200);
    },
  );
});

describe('a URL of before', () => {
  test('leads to the same variant as it is now, and the way there is not kept', async () => {
    const { id, storage, publish, recordOf } = await image();
    const [before, after] = [await publish('before'), await publish('after it')];
    const answer = await deliver(
      { storage, direct: null },
      finds(recordOf(after.set)),
      variantUrlName(before.variant),
      GET,
      BY_ADDRESS,
    );
    expect(answer.status).toBe(302);
    expect(Object.fromEntries(answer.headers)).toEqual({
      location: `/images/${id}/${variantUrlName(after.variant)}`,
      'cache-control': 'no-cache',
    });
  });

  test('of a variant that is not made any more is not found', async () => {
    const { storage, publish, recordOf } = await image();
    const find = finds(recordOf((await publish('now')).set));
    await expect(
      deliver({ storage, direct: null }, find, 'large.0123456789abcdef.webp', GET, BY_ADDRESS),
    ).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('without any variants', () => {
  test.each([
    ['queued', 'not_ready'],
    ['running', 'not_ready'],
    ['failed', 'failed'],
    ['quarantined', 'failed'],
  ] as const)('an image whose job is %s is answered with %s', async (state, code) => {
    const { storage, recordOf } = await image();
    await expect(
      deliver({ storage, direct: null }, finds(recordOf(null, state)), 'thumb', GET, BY_ADDRESS),
    ).rejects.toMatchObject({
      code,
    });
  });
});
