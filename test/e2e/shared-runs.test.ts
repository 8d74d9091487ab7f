import { afterAll, beforeAll, expect, test } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { duringRun, expectCleanEnd, jobOf, outcomesOf } from '../helpers/aftermath.ts';
import { eventually } from '../helpers/eventually.ts';
import { Freezer } from '../helpers/freezer.ts';
import { imageOf } from '../helpers/image-answer.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { signal, workerCalled } from '../helpers/processes.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { storesOf } from '../helpers/stores.ts';
import { Accepted, endOf, newPicture, postImage, upload } from '../helpers/upload.ts';

/** Of each test its own. */
const newPhoto = () => newPicture(imagePath('testimage_small.jpg'));
const VARIANTS = 6;

let service: RunningService;
beforeAll(async () => {
  service = await startService({ env: { HANDOFF_TIMEOUT_MS: '10000' } });
});
afterAll(async () => {
  await expectCleanEnd(service);
  await service[Symbol.asyncDispose]();
});

const published = async (service: RunningService) => (await storesOf(service)).published();

const runsOf = async (service: RunningService, accepted: Accepted) =>
  outcomesOf(await jobOf(service, accepted));

const remove = async (service: RunningService, { links }: Accepted) =>
  expect((await service.fetch(links.self, { method: 'DELETE' })).status).toBe(204);

test('bytes that are there already are not decoded again: each upload is an image of its own with the same variants', async () => {
  const photo = await newPhoto();
  const before = (await published(service)).length;
  const first = await upload(service, photo);
  await endOf(service, first);
  // Nobody could run it.
  await using _freezer = await Freezer.hold(service);
  const second = await upload(service, photo);
  expect(second).toMatchObject({ status: 'succeeded' });
  expect(second.id).not.toBe(first.id);
  expect(await jobOf(service, second)).toMatchObject({
    status: 'succeeded',
    sharesRun: true,
    runs: [],
  });
  expect(await published(service)).toHaveLength(before + VARIANTS);
  const [one, other] = [await imageOf(service, first), await imageOf(service, second)];
  expect(other.variants.map(({ sha256 }) => sha256)).toEqual(one.variants.map(({ sha256 }) => sha256));

  await remove(service, first);
  await expectProblem(await service.fetch(one.variants[0]?.url ?? ''), 'deleted');
  for (const { url } of other.variants) expect((await service.fetch(url)).status).toBe(200);
  await remove(service, second);
  expect(await published(service)).toHaveLength(before);
});

test('uploads of the same bytes that come together share one run, also when its worker is killed', async () => {
  const photo = await newPhoto();
  const before = (await published(service)).length;
  await using freezer = await Freezer.hold(service);
  const first = await upload(service, photo);
  const running = await duringRun(service, first, 1);
  const others = await Promise.all(Array.from({ length: 8 }, () => upload(service, photo)));
  for (const other of others) expect(other.status).toBe('queued');
  signal(await workerCalled(service, running.runs[0]?.workerPid), 'SIGKILL');
  freezer.letGo();
  expect(await endOf(service, first)).toMatchObject({ status: 'succeeded' });
  expect(await runsOf(service, first)).toEqual(['interrupted SIGKILL', 'succeeded']);
  for (const other of others) {
    expect(await endOf(service, other)).toMatchObject({ status: 'succeeded' });
    expect(await runsOf(service, other)).toEqual([]);
    expect((await imageOf(service, other)).variants).toHaveLength(VARIANTS);
  }
  expect(await published(service)).toHaveLength(before + VARIANTS);
});

test('of uploads of the same bytes that come at once none is refused for want of a worker', async () => {
  const photo = await newPhoto();
  await using freezer = await Freezer.hold(service);
  const answers = await Promise.all(Array.from({ length: 4 }, () => postImage(service, photo)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  freezer.letGo();
  const accepted = await Promise.all(answers.map(async (answer) => Accepted.parse(await answer.json())));
  for (const one of accepted) expect(await endOf(service, one)).toMatchObject({ status: 'succeeded' });
  const runs = await Promise.all(accepted.map((one) => runsOf(service, one)));
  expect(runs.flat()).toEqual(['succeeded']);
});

test('an upload whose twin is deleted meanwhile has a run of its own', async () => {
  const from = service.lines.length;
  for (let n = 0; n < 10; n++) {
    const picture = await newPicture(imagePath('tiny_1x1.png'));
    const first = await upload(service, picture);
    await endOf(service, first);
    const [second] = await Promise.all([upload(service, picture), remove(service, first)]);
    expect(await endOf(service, second)).toMatchObject({ status: 'succeeded' });
    expect((await imageOf(service, second)).variants).toHaveLength(VARIANTS);
  }
  const refused = service.lines.slice(from).filter(({ msg }) => msg === 'upload refused');
  expect(refused).toEqual([]);
});

test('when the upload that runs for all is deleted, another one of them runs', async () => {
  const photo = await newPhoto();
  const before = (await published(service)).length;
  await using freezer = await Freezer.hold(service);
  const first = await upload(service, photo);
  await duringRun(service, first, 1);
  const [second, third] = [await upload(service, photo), await upload(service, photo)];
  await remove(service, first);
  freezer.letGo();
  for (const other of [second, third]) {
    expect(await endOf(service, other)).toMatchObject({ status: 'succeeded' });
    expect((await imageOf(service, other)).variants).toHaveLength(VARIANTS);
  }
  expect(await runsOf(service, second)).toEqual(['succeeded']);
  expect(await runsOf(service, third)).toEqual([]);
  // The late run of the one that was deleted has published, too, until it heard that it does not count.
  await eventually('one set', async () => (await published(service)).length === before + VARIANTS);
});

test('what waits for the run of another is there after a crash of the service, and is not decoded twice', async () => {
  const photo = await newPhoto();
  const env = { N_WORKERS: '1' };
  await using killed = await startService({ env });
  await using freezer = await Freezer.hold(killed);
  const first = await upload(killed, photo);
  await duringRun(killed, first, 1);
  const second = await upload(killed, photo);
  killed.process.kill('SIGKILL');
  await killed.exited;
  freezer.letGo();
  await using service = await startService({ env, folder: killed.folder });
  for (const one of [first, second]) expect(await endOf(service, one)).toMatchObject({ status: 'succeeded' });
  expect(await runsOf(service, first)).toEqual(['interrupted', 'succeeded']);
  expect(await runsOf(service, second)).toEqual([]);
  expect(await published(service)).toHaveLength(VARIANTS);
  await expectCleanEnd(service);
});
