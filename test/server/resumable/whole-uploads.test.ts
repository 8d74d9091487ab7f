import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { tidyUploads } from '../../../server/resumable/tidy.ts';
import { DEFAULT_TENANT, newHoldId, newUploadId } from '../../../shared/domain/ids.ts';
import { StoreError } from '../../../shared/errors.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import { openDatabase } from '../../../shared/jobs/sqlite/open.ts';
import { allOf } from '../../helpers/all-of.ts';
import { inlineJobStore } from '../../helpers/inline-job-store.ts';
import { ownFolder } from '../../helpers/own-folder.ts';
import { partsInProcess } from '../../helpers/parts-in-process.ts';
import { tinyPicture } from '../../helpers/tiny-picture.ts';
import { variantMaker } from '../../helpers/variant-maker.ts';

/** A service in this process, and an upload in it whose last byte is kept, and which nobody has accepted. */
async function withWholeUpload(given: { picture?: Buffer; fail?: (name: string) => void } = {}) {
  const root = await ownFolder();
  const database = await openDatabase(join(root, 'jobs.db'));
  onTestFinished(() => database.raw.close());
  const real = inlineJobStore(database);
  const store = new Proxy(real, {
    get: (target, name) => {
      const member = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]) => {
        given.fail?.(String(name));
        return Reflect.apply(member, target, args);
      };
    },
  }) as JobStore;
  const worker = variantMaker(async () => undefined);
  const { parts, resumable, queue, log, storage } = await partsInProcess(root, store, worker);
  const picture = given.picture ?? tinyPicture('jpeg', { width: 64, height: 48 }, 'a picture');
  const [id, hold, now] = [newUploadId(), newHoldId(), Date.now()];
  const said = { metadata: '', fields: {} };
  const times = { createdAt: now, until: now + 60_000 };
  await resumable.begin({ id, tenant: DEFAULT_TENANT, bytes: picture.length, ...said, ...times });
  await resumable.hold(id, DEFAULT_TENANT, hold, 0);
  const part = { hold, at: 0, bytes: picture.length };
  await writeFile(join(storage.spoolPath, hold), picture);
  await parts.keep(id, part, join(storage.spoolPath, hold));
  await store.addToUpload(id, hold, [part]);
  const find = () => real.findUpload(id, DEFAULT_TENANT, Date.now());
  const stand = async () => resumable.standing(await resumable.find(id, DEFAULT_TENANT), 'a request', log);
  return { store: real, parts, part, resumable, queue, log, id, find, stand };
}

const jobsOf = async (store: JobStore) => (await store.listJobs({ limit: 10 })).jobs;

test('what is whole, and was never accepted, is accepted by whoever looks after it', async () => {
  const it = await withWholeUpload();
  await tidyUploads({ ...it, completion: it.resumable.completion }, new AbortController().signal, it.log);
  const [job, ...others] = await jobsOf(it.store);
  expect(others).toEqual([]);
  expect(await it.find()).toMatchObject({ accepted: { image: job?.imageId, job: job?.id } });
  expect(it.queue.works, 'it waits for a worker').toHaveLength(1);
  expect(await allOf(it.parts.uploads(0)), 'nothing is left').toEqual([]);
});

test('a crash between the image and the end of its upload makes no second one', async () => {
  const failing = { isOn: true };
  const fail = (name: string) => {
    if (name === 'endUpload' && failing.isOn)
      throw new StoreError('storage_unavailable', 'the power is gone');
  };
  const it = await withWholeUpload({ fail });
  await expect(it.stand()).rejects.toThrow('the power is gone');
  const [job] = await jobsOf(it.store);
  failing.isOn = false;
  expect(await it.stand()).toMatchObject({ accepted: { image: job?.imageId, job: job?.id } });
  expect(await jobsOf(it.store)).toHaveLength(1);
});

test('of many that ask at once each is told of the same image, or of none yet', async () => {
  const it = await withWholeUpload();
  const standings = await Promise.all(Array.from({ length: 10 }, () => it.stand()));
  const images = standings.flatMap(({ accepted }) => accepted?.image ?? []);
  expect(images.length).toBeGreaterThan(0);
  expect(new Set(images).size).toBe(1);
  expect(await jobsOf(it.store)).toHaveLength(1);
});

test('while the store is out it stays whole, and is accepted later', async () => {
  const failing = { isOn: true };
  const fail = (name: string) => {
    if (name === 'acceptUpload' && failing.isOn) throw new StoreError('storage_unavailable', 'out');
  };
  const it = await withWholeUpload({ fail });
  await expect(it.stand()).rejects.toThrow('out');
  expect(await it.find()).toMatchObject({ state: 'open', received: it.part.bytes });
  failing.isOn = false;
  expect((await it.stand()).accepted).not.toBeNull();
});

test('one whose parts are gone, as after a restore, is at an end', async () => {
  const it = await withWholeUpload();
  await it.parts.removeAll(it.id);
  await expect(it.stand()).rejects.toMatchObject({ code: 'upload_ended' });
  await expect(it.stand()).rejects.toMatchObject({ code: 'upload_ended' });
  expect(await jobsOf(it.store)).toEqual([]);
});

test('one that is refused is at an end, and tells why', async () => {
  const it = await withWholeUpload({ picture: Buffer.from('no picture') });
  await expect(it.stand()).rejects.toMatchObject({ code: 'unsupported_format' });
  expect(await it.find()).toMatchObject({ state: 'refused', refusal: 'unsupported_format', parts: [] });
  expect(await allOf(it.parts.uploads(0))).toEqual([]);
});
