import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { eventually } from '../helpers/eventually.ts';
import { filesBelow } from '../helpers/files-below.ts';
import { imageOf } from '../helpers/image-answer.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { freezeWorkers, thaw } from '../helpers/processes.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { storesOf } from '../helpers/stores.ts';
import { type Accepted, endOf, upload } from '../helpers/upload.ts';

const TINY = imagePath('tiny_1x1.png');

let service: RunningService;
beforeAll(async () => {
  service = await startService({ env: { N_WORKERS: '1', QUEUE_DEPTH: '1' } });
});
afterAll(() => service[Symbol.asyncDispose]());

/** Of each image an original and six variants, and what is on its way. */
async function filesOfImages(): Promise<string[]> {
  const stores = await storesOf(service);
  const folders = ['scratch', 'spool'].map((folder) => filesBelow(join(service.folder, folder)));
  return (await Promise.all([stores.originals(), stores.published(), ...folders])).flat();
}

/** When the runs of before have taken away what they had. */
function filesAtRest(): Promise<string[]> {
  return eventually('an empty scratch', async () => {
    const files = await filesOfImages();
    return (await filesBelow(join(service.folder, 'scratch'))).length === 0 && files;
  });
}

/** Whatever of an image a client may ask for. */
const addressesOf = ({ links }: Accepted) => [links.self, `${links.self}/large`, `${links.self}/thumb.webp`];

it('a variant that is still being made is not ready, and nobody may remember that', async () => {
  const frozen = await freezeWorkers(service);
  const accepted = await upload(service, TINY);
  await eventually('a run', async () => (await imageOf(service, accepted)).status === 'running');
  expect((await imageOf(service, accepted)).variants).toEqual([]);
  for (const path of addressesOf(accepted).slice(1)) {
    const answer = await service.fetch(path);
    expect(answer.headers.get('retry-after')).toBe('1');
    await expectProblem(answer, 'not_ready');
  }
  frozen.forEach(thaw);
  await endOf(service, accepted);
  for (const path of addressesOf(accepted)) expect((await service.fetch(path)).status).toBe(200);
});

it('a deleted image is gone with all its files, and says so', async () => {
  const others = await filesAtRest();
  const accepted = await upload(service, TINY);
  const kept = await upload(service, TINY);
  for (const each of [accepted, kept]) await endOf(service, each);
  const { variants } = await imageOf(service, accepted);
  expect(await filesAtRest()).toHaveLength(others.length + 2 * 7);

  const answer = await service.fetch(accepted.links.self, { method: 'DELETE' });
  expect(answer.status).toBe(204);
  expect(await answer.text()).toBe('');
  expect(await filesOfImages()).toHaveLength(others.length + 7);
  for (const path of [...addressesOf(accepted), ...variants.map(({ url }) => url)])
    await expectProblem(await service.fetch(path), 'deleted');
  await expectProblem(await service.fetch(accepted.links.self, { method: 'DELETE' }), 'deleted');
  for (const path of addressesOf(kept)) expect((await service.fetch(path)).status).toBe(200);
});

it('an image that is deleted while it runs stays deleted, and its late result leaves nothing', async () => {
  const others = await filesAtRest();
  const frozen = await freezeWorkers(service);
  const accepted = await upload(service, TINY);
  await eventually('a run', async () => (await imageOf(service, accepted)).status === 'running');
  expect((await service.fetch(accepted.links.self, { method: 'DELETE' })).status).toBe(204);
  expect(await endOf(service, accepted)).toMatchObject({ status: 'cancelled' });

  frozen.forEach(thaw);
  await service.logged((line) => line.msg === 'run settled' && line.imageId === accepted.id);
  await eventually('no file of it', async () => (await filesOfImages()).length === others.length);
  for (const path of addressesOf(accepted)) await expectProblem(await service.fetch(path), 'deleted');
  expect(await endOf(service, await upload(service, TINY))).toMatchObject({ status: 'succeeded' });
});

it('an image that is deleted while it waits is never run', async () => {
  const frozen = await freezeWorkers(service);
  const [first, second] = [await upload(service, TINY), await upload(service, TINY)];
  expect((await service.fetch(second.links.self, { method: 'DELETE' })).status).toBe(204);
  frozen.forEach(thaw);
  expect(await endOf(service, first)).toMatchObject({ status: 'succeeded' });
  expect(await endOf(service, await upload(service, TINY))).toMatchObject({ status: 'succeeded' });
  expect(await endOf(service, second)).toMatchObject({ status: 'cancelled', runs: [] });
  expect(service.lines.filter(({ msg, imageId }) => msg === 'run started' && imageId === second.id)).toEqual(
    [],
  );
});

it('a picture that could not be processed is said to have failed, and why', async () => {
  const accepted = await upload(service, imagePath('truncated.png'));
  expect(await endOf(service, accepted)).toMatchObject({ status: 'failed', failure: 'image_unreadable' });
  expect(await imageOf(service, accepted)).toMatchObject({ status: 'failed', failure: 'image_unreadable' });
  const answer = await service.fetch(`${accepted.links.self}/large`);
  expect(await expectProblem(answer, 'failed')).toMatchObject({ failure: 'image_unreadable' });
});
