import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { goodPicture } from '../fixtures/fault-pictures.ts';
import { outcomesOf } from '../helpers/aftermath.ts';
import { Cluster } from '../helpers/cluster.ts';
import { expectCleanEnds, expectClusterWhole } from '../helpers/cluster-aftermath.ts';
import { eventually } from '../helpers/eventually.ts';
import { Load } from '../helpers/load.ts';
import { ownFolder } from '../helpers/own-folder.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { freeze, freezeWorkers, thaw } from '../helpers/processes.ts';
import { S3_ENVIRONMENT } from '../helpers/s3-environment.ts';
import type { LogLine } from '../helpers/service.ts';
import { sweptOf } from '../helpers/swept.ts';
import { endOf, postImage, upload } from '../helpers/upload.ts';
import { describeWithS3 } from '../helpers/with-s3.ts';

/** One run may end by a fault of its picture: what is charged to it shows. */
const ONE_ATTEMPT = { MAX_ATTEMPTS: '1' };

/** What S3 may take for a call, what is taken back of it, and some more on a loaded machine. */
const ANSWERED_WITHIN_MS = 20_000;

/** Until the file that they are from is read once more. */
const KEYS_ARE_GOOD_MS = 11_000;

describeWithS3('while the bucket', (server) => {
  test('is away, uploads get 503, what runs is tried again, what waits waits, and all of it is done then', async () => {
    await using cluster = await Cluster.start({ server: server(), apis: 1, workers: 1, env: ONE_ATTEMPT });
    const { api, worker } = cluster;
    const frozen = await freezeWorkers(worker);
    const runs = await upload(api, goodPicture());
    await cluster.duringRun(runs, 1);
    const waits = await upload(api, goodPicture());
    await server().stop();
    onTestFinished(() => server().restart());
    for (const pid of frozen) thaw(pid);

    expect(await worker.logged('run settled')).toMatchObject({ failure: 'storage_error', status: 'queued' });
    await expectProblem(await postImage(api, goodPicture()), 'store_unavailable');
    // What needs no file is answered.
    expect((await api.fetch(runs.links.self)).status).toBe(200);
    expect((await api.fetch('/readyz')).status).toBe(200);
    // So often it has looked for work by then.
    await eventually('the circuit to open', () =>
      worker.lines.some(({ msg }) => msg === 'S3 is out of reach: calls fail at once'),
    );

    await server().restart();
    const jobs = await expectClusterWhole(cluster, [runs, waits, await upload(api, goodPicture())]);
    // What was taken before the bucket was known to be away, and no more, has used up a try.
    expect(outcomesOf(jobs.get(runs.id) ?? { runs: [] })).toEqual(['errored', 'succeeded']);
    expect(jobs.get(waits.id)).toMatchObject({ status: 'succeeded' });
    expect(jobs.get(waits.id)?.runs.length).toBeLessThanOrEqual(2);
    await expectCleanEnds(cluster);
  });

  test('says nothing, uploads get 503 in time, and at once as soon as that is known', async () => {
    await using cluster = await Cluster.start({ server: server(), apis: 1, workers: 1 });
    const { api } = cluster;
    await using load = new Load([api], 6);
    await load.acceptedMore(3);
    await server().freeze();
    onTestFinished(() => server().thaw());
    await api.logged('S3 is out of reach: calls fail at once');
    const begin = performance.now();
    await expectProblem(await postImage(api, goodPicture()), 'store_unavailable');
    expect(performance.now() - begin).toBeLessThan(2_000);

    server().thaw();
    await load.acceptedMore(3);
    await load.end();
    expect([...load.answers.keys()].sort()).toEqual(['200', '503']);
    expect(load.longestMs).toBeLessThan(ANSWERED_WITHIN_MS);
    // What it was told while it stood still it has done all the same.
    await sweptOf(cluster);
    for (const { status } of (await expectClusterWhole(cluster, load.accepted)).values())
      expect(status).toBe('succeeded');
    await expectCleanEnds(cluster);
  });

  test('takes other keys, uploads get 503 until the file of keys has them; no key is in a log', async () => {
    const file = join(await ownFolder(), 'credentials');
    const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, ...elsewhere } = S3_ENVIRONMENT;
    const write = (key: string) =>
      writeFile(file, `[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${key}\n`);
    await write(secret);
    const keys = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
    await using cluster = await Cluster.start({
      server: server(),
      apis: 1,
      workers: 1,
      env: { ...ONE_ATTEMPT, ...elsewhere, ...keys, AWS_SHARED_CREDENTIALS_FILE: file },
    });
    const { api, worker } = cluster;
    const done = await upload(api, goodPicture());
    await endOf(api, done);
    await freeze(worker.pid);
    const waits = await upload(api, goodPicture());
    await write('a-secret-of-nobody');
    const writtenAt = performance.now();
    const refused = await eventually('a refusal', async () => {
      const answer = await api.fetch(`${done.links.self}/thumb.webp`);
      if (answer.status !== 200) return answer;
      await answer.body?.cancel();
      return null;
    });
    await expectProblem(refused, 'store_unavailable');
    expect(await api.logged('a store failed')).toMatchObject({
      err: { message: expect.stringContaining('SignatureDoesNotMatch (403)') },
    });
    // Those of the worker node are as old by then.
    await eventually('old keys', () => performance.now() - writtenAt > KEYS_ARE_GOOD_MS);
    thaw(worker.pid);
    const failed = ({ msg, failure }: LogLine) => msg === 'run settled' && failure === 'storage_error';
    expect(await worker.logged(failed)).toMatchObject({ status: 'queued' });
    await expectProblem(await postImage(api, goodPicture()), 'store_unavailable');

    await write(secret);
    const accepted = await upload(api, goodPicture());
    for (const { status } of (await expectClusterWhole(cluster, [done, waits, accepted])).values())
      expect(status).toBe('succeeded');
    for (const node of cluster.nodes)
      expect(JSON.stringify(node.lines)).not.toMatch(/a-secret-of-nobody|secret-of-the-tests|Signature=/);
    await expectCleanEnds(cluster);
  });
});
