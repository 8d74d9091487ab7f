import { join } from 'node:path';
import { expect, it } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { eventually } from '../helpers/eventually.ts';
import { filesBelow } from '../helpers/files-below.ts';
import { imageOf } from '../helpers/image-answer.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { freezeWorkers, thaw } from '../helpers/processes.ts';
import { startService } from '../helpers/service.ts';
import { storesOf } from '../helpers/stores.ts';
import { Accepted, endOf, newPicture, postImage } from '../helpers/upload.ts';

const TINY = imagePath('tiny_1x1.png');
/** Far above what a refusal takes beyond the hand-off time, far below what a job takes that does not move. */
const MARGIN_MS = 3_000;

it('while every worker is busy an upload is refused after the hand-off time, and nothing of it is kept', async () => {
  const handOffMs = 400;
  await using service = await startService({
    env: { N_WORKERS: '2', HANDOFF_TIMEOUT_MS: String(handOffMs) },
  });
  const frozen = await freezeWorkers(service);
  const accepted: Accepted[] = [];
  for (let n = 0; n < 2; n++)
    accepted.push(Accepted.parse(await (await postImage(service, await newPicture(TINY))).json()));

  const begin = performance.now();
  const refused = await postImage(service, await newPicture(TINY));
  const took = performance.now() - begin;
  await expectProblem(refused, 'no_worker');
  expect(refused.headers.get('retry-after')).toBe('1');
  expect(took).toBeGreaterThanOrEqual(handOffMs - 10);
  expect(took).toBeLessThan(handOffMs + MARGIN_MS);
  expect(await filesBelow(join(service.folder, 'spool'))).toEqual([]);
  expect(await (await storesOf(service)).originals()).toHaveLength(2);

  frozen.forEach(thaw);
  for (const each of accepted) expect(await endOf(service, each)).toMatchObject({ status: 'succeeded' });
  expect((await postImage(service, await newPicture(TINY), {}, { prefer: 'wait=20' })).status).toBe(200);
});

it('an upload that waits for a worker is taken when one comes free within the hand-off time', async () => {
  await using service = await startService({ env: { N_WORKERS: '1', HANDOFF_TIMEOUT_MS: '20000' } });
  const frozen = await freezeWorkers(service);
  const first = Accepted.parse(await (await postImage(service, await newPicture(TINY))).json());
  const second = postImage(service, await newPicture(TINY));
  expect(await (await service.fetch('/jobs')).json()).toMatchObject({ jobs: [{ imageId: first.id }] });
  frozen.forEach(thaw);
  expect((await second).status).toBe(200);
  expect(await endOf(service, Accepted.parse(await (await second).json()))).toMatchObject({
    status: 'succeeded',
  });
});

it('QUEUE_DEPTH lets so many wait beyond the workers, and no more', async () => {
  await using service = await startService({ env: { N_WORKERS: '1', QUEUE_DEPTH: '2' } });
  const frozen = await freezeWorkers(service);
  const accepted: Accepted[] = [];
  for (let n = 0; n < 3; n++)
    accepted.push(Accepted.parse(await (await postImage(service, await newPicture(TINY))).json()));
  await expectProblem(await postImage(service, await newPicture(TINY)), 'no_worker');

  const states = async () => Promise.all(accepted.map(async (each) => (await imageOf(service, each)).status));
  await eventually('one that runs', async () => (await states()).includes('running'));
  expect(await states()).toEqual(['running', 'queued', 'queued']);
  frozen.forEach(thaw);
  for (const each of accepted) expect(await endOf(service, each)).toMatchObject({ status: 'succeeded' });
});
