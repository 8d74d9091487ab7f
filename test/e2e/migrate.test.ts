import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { goodPicture } from '../fixtures/fault-pictures.ts';
import { expectCleanEnd, jobOf, outcomesOf } from '../helpers/aftermath.ts';
import { eventually } from '../helpers/eventually.ts';
import { filesBelow } from '../helpers/files-below.ts';
import { Freezer } from '../helpers/freezer.ts';
import { bytesOf, imageOf } from '../helpers/image-answer.ts';
import { sha256Of } from '../helpers/job-records.ts';
import { migrationTarget } from '../helpers/migration-target.ts';
import { ownFolder } from '../helpers/own-folder.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { dataFolder, type RunningService, startService } from '../helpers/service.ts';
import { type Accepted, endOf, postImage, upload } from '../helpers/upload.ts';
import { describeWithS3 } from '../helpers/with-s3.ts';

/** Some start two services and the command thrice, beside whatever else the machine does. */
const LIMIT = { timeout: 120_000 };

const KEY = { 'idempotency-key': '"of the test"' };

/** What a service on one machine has been given, until it was killed. */
interface OneMachine {
  folder: string;
  /** Three photos, the first one twice, and a bad one. */
  ended: Accepted[];
  /** What it said of these. */
  said: unknown[];
  deleted: Accepted;
  running: Accepted;
  waiting: Accepted;
  keyed: { accepted: Accepted; bytes: Uint8Array<ArrayBuffer> };
}

async function oneMachine(): Promise<OneMachine> {
  const folder = await dataFolder();
  await using service = await startService({ folder, env: { N_WORKERS: '1', QUEUE_DEPTH: '8' } });
  const bytes = goodPicture();
  const first = await upload(service, bytes, KEY);
  await endOf(service, first);
  const ended = [first, await upload(service, bytes), await upload(service, imagePath('frame_outside.gif'))];
  for (const picture of [goodPicture(), goodPicture()]) ended.push(await upload(service, picture));
  const deleted = await upload(service, goodPicture());
  for (const accepted of [...ended, deleted]) await endOf(service, accepted);
  expect((await service.fetch(deleted.links.self, { method: 'DELETE' })).status).toBe(204);
  const said = await answersOf(service, ended);
  await using _freezer = await Freezer.hold(service);
  const running = await upload(service, goodPicture());
  await eventually('a run', async () => (await jobOf(service, running)).status === 'running');
  const waiting = await upload(service, goodPicture());
  service.process.kill('SIGKILL');
  await service.exited;
  return { folder, ended, said, deleted, running, waiting, keyed: { accepted: first, bytes } };
}

/** All that a service says of these: the image, its job, and the bytes under its addresses. */
async function answersOf(service: RunningService, uploads: readonly Accepted[]): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const accepted of uploads) {
    const image = await imageOf(service, accepted);
    const files: string[] = [];
    for (const variant of image.variants) files.push(sha256Of(await bytesOf(service, variant)));
    answers.push({ image, job: await jobOf(service, accepted), files });
  }
  return answers;
}

/** All but the database and what is locked. */
async function filesOf(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const part of ['originals', 'variants', 'spool'])
    for (const path of await filesBelow(join(folder, part)))
      files[join(part, path)] = sha256Of(await readFile(join(folder, part, path)));
  return files;
}

describeWithS3('from one machine to many', (server) => {
  let source: OneMachine;
  beforeAll(async () => {
    source = await oneMachine();
  }, 60_000);
  afterAll(() => rm(source.folder, { recursive: true, force: true }));

  test('all of it is there under the same addresses, and what waited is run', LIMIT, async () => {
    const target = await migrationTarget(server());
    const before = await filesOf(source.folder);
    const { code, stdout, stderr } = await target.start(source.folder).ended;
    expect({ code, stdout }, stderr).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /^originals: 7 of 7 moved \(0.\d MB\), 0 were there already, 0 left out\nsets: 3 of 3 moved .*\nrows: \d+, as many on both sides\n$/,
      ),
    });
    expect(stderr).toMatch(/^originals: 0\/7 done, 0.0 MB moved, 0 left out$/m);
    expect(stderr).toMatch(/^rows: 0\/\d+ done, 0 left out$/m);
    const { there, named } = await target.files();
    expect(there).toEqual(named);
    expect(await target.count("pg_tables where tablename = 'moved'")).toBe(0);
    expect(await target.count("jobs where state = 'running'")).toBe(0);
    expect(await filesOf(source.folder), 'the source').toEqual(before);

    await using cluster = await startService({ env: { ...target.env, HANDOFF_TIMEOUT_MS: '10000' } });
    expect(await answersOf(cluster, source.ended)).toEqual(source.said);
    await expectProblem(await cluster.fetch(source.deleted.links.self), 'deleted');
    expect((await endOf(cluster, source.running)).status).toBe('succeeded');
    expect((await endOf(cluster, source.waiting)).status).toBe('succeeded');
    expect(outcomesOf(await jobOf(cluster, source.running))).toEqual(['interrupted', 'succeeded']);
    expect(outcomesOf(await jobOf(cluster, source.waiting))).toEqual(['succeeded']);
    const again = await postImage(cluster, source.keyed.bytes, {}, KEY);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await again.json()).toMatchObject({ id: source.keyed.accepted.id });
    await endOf(cluster, await upload(cluster, goodPicture()));

    expect(await target.start(source.folder).ended).toMatchObject({
      code: 78,
      stderr: 'nodes of the service are at work on the target (1): stop them',
    });
    await expectCleanEnd(cluster);
    expect(await target.start(source.folder).ended).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('(sets: 3, images: 1, jobs: 1, runs: 3)'),
    });
  });

  test('the old service may go on where it was', LIMIT, async () => {
    const folder = join(await ownFolder(), 'copy');
    await cp(source.folder, folder, { recursive: true });
    const target = await migrationTarget(server());
    expect(await target.start(folder).ended).toMatchObject({ code: 0 });
    await using old = await startService({ folder, env: { N_WORKERS: '1' } });
    expect(await answersOf(old, source.ended)).toEqual(source.said);
    for (const accepted of [source.running, source.waiting])
      expect((await endOf(old, accepted)).status).toBe('succeeded');
    await expectCleanEnd(old);
  });

  test('what is damaged is told, and comes alone with the next call when it is mended', LIMIT, async () => {
    const folder = join(await ownFolder(), 'copy');
    await cp(source.folder, folder, { recursive: true });
    const target = await migrationTarget(server());
    const { id } = source.waiting;
    const path = join(folder, 'originals', id.slice(0, 2), id);
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(1));
    const { code, stdout } = await target.start(folder).ended;
    expect(code).toBe(1);
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      `left out: original ${id} has other bytes than its record says`,
      expect.stringMatching(/^originals: 6 of 7 moved \(.* MB\), 0 were there already, 1 left out$/),
    ]);
    const { there, named } = await target.files();
    expect(named.filter((file) => !there.includes(file))).toEqual([`originals/${id}`]);

    await writeFile(path, bytes);
    const mended = await target.start(folder).ended;
    expect(mended).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^originals: 1 of 7 moved \(.* MB\), 6 were there already, 0 left out$/m),
    });
  });

  test('nothing is moved beside a service that works there', LIMIT, async () => {
    await using service = await startService({ env: { N_WORKERS: '1' } });
    const target = await migrationTarget(server());
    const { code, stderr } = await target.start(service.folder).ended;
    expect({ code, stderr }).toEqual({
      code: 78,
      stderr: `another process works in ${service.folder}: stop the service first`,
    });
    await expectCleanEnd(service);
  });
});
