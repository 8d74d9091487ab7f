import { expect, test } from 'vitest';
import { ImageId, newImageId, newRunId } from '../../../../shared/domain/ids.ts';
import { agedIds, agedRuns } from '../../../../shared/storage/s3/aged-pages.ts';
import type { ListedObject } from '../../../../shared/storage/s3/s3-bucket.ts';
import { allOf } from '../../../helpers/all-of.ts';

const MINUTE_MS = 60_000;

const listed = (key: string, ageMs: number): ListedObject => ({ key, ageMs });

async function* pages(...all: ListedObject[][]) {
  yield* all;
}

test('originals are told by their age', async () => {
  const [old, young] = [newImageId(), newImageId()];
  const objects = () =>
    pages([listed(`originals/${old}`, 2 * MINUTE_MS)], [listed(`originals/${young}`, MINUTE_MS / 2)]);
  expect(await allOf(agedIds(objects(), 'originals/', ImageId, MINUTE_MS))).toEqual([old]);
  expect(await allOf(agedIds(objects(), 'originals/', ImageId, 0))).toEqual([old, young]);
});

test('what the clock of S3 says to be of the future is young, and there', async () => {
  const id = newImageId();
  const objects = () => pages([listed(`originals/${id}`, -MINUTE_MS)]);
  expect(await allOf(agedIds(objects(), 'originals/', ImageId, 1))).toEqual([]);
  expect(await allOf(agedIds(objects(), 'originals/', ImageId, 0))).toEqual([id]);
});

test('what has no name of ours is left out', async () => {
  const [id, run] = [newImageId(), newRunId()];
  const originals = pages([
    listed('originals/', MINUTE_MS),
    listed('originals/notes.txt', MINUTE_MS),
    listed(`originals/${id}`, MINUTE_MS),
    listed(`originals/${id}/notes.txt`, MINUTE_MS),
  ]);
  expect(await allOf(agedIds(originals, 'originals/', ImageId, 0))).toEqual([id]);
  const variants = pages([
    listed('variants/', MINUTE_MS),
    listed(`variants/${run}/thumb.jpg`, MINUTE_MS),
    listed('variants/backup/thumb.jpg', MINUTE_MS),
  ]);
  expect(await allOf(agedRuns(variants, 0))).toEqual([run]);
});

test('a run is as old as its youngest file, also where pages part its files', async () => {
  const [old, young, parted, last] = [newRunId(), newRunId(), newRunId(), newRunId()];
  const file = (run: string, name: string, ageMs: number) => listed(`variants/${run}/${name}`, ageMs);
  const objects = () =>
    pages(
      [file(old, 'a', 3 * MINUTE_MS), file(old, 'b', 2 * MINUTE_MS)],
      [],
      [file(young, 'a', 2 * MINUTE_MS), file(young, 'b', 0), file(parted, 'a', 2 * MINUTE_MS)],
      [file(parted, 'b', 0), file(last, 'a', 2 * MINUTE_MS)],
    );
  expect(await allOf(agedRuns(objects(), MINUTE_MS))).toEqual([old, last]);
  expect(await allOf(agedRuns(objects(), 0))).toEqual([old, young, parted, last]);
  expect(await allOf(agedRuns(pages(), 0))).toEqual([]);
});
