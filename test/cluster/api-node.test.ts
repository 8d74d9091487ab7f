import { readFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { goodPicture } from '../fixtures/fault-pictures.ts';
import { allJobs } from '../helpers/aftermath.ts';
import { Cluster } from '../helpers/cluster.ts';
import { expectCleanEnds, expectClusterWhole } from '../helpers/cluster-aftermath.ts';
import { eventually } from '../helpers/eventually.ts';
import { startUpload } from '../helpers/half-upload.ts';
import { sweptOf } from '../helpers/swept.ts';
import { Accepted, endOf, postImage, upload } from '../helpers/upload.ts';
import { describeWithS3 } from '../helpers/with-s3.ts';

const LARGE = imagePath('testimage_large.jpg');

/** A node counts as gone when it was not heard of for 15 s; who looks for its claims does so every 10 s, or a little more. */
const KEY_FREE_WITHIN_MS = 30_000;

/** A node counts as alive for 5 s after it was heard of. */
const ROOM_AGAIN_WITHIN_MS = 6_000;

const CLIENTS = 6;

describeWithS3('an api node', (server) => {
  test('that is killed in the middle of uploads has what it answered, and of the others all or nothing', async () => {
    await using cluster = await Cluster.start({ server: server(), apis: 2, workers: 1 });
    const { api: killed } = cluster;
    const accepted: Accepted[] = [];
    const answered = new Set<string>();
    const cut = new Set<string>();
    const send = async (client: number) => {
      for (let number = 0; ; number++) {
        const request = `${client}.${number}`;
        const answer = await postImage(killed, goodPicture(), {}, { 'x-request-id': request }).catch(
          () => null,
        );
        const body = await answer?.text().catch(() => null);
        if (!answer || typeof body !== 'string') return cut.add(request);
        if (answer.status !== 200) throw new Error(`${answer.status}: ${body}`);
        accepted.push(Accepted.parse(JSON.parse(body)));
        answered.add(request);
      }
    };
    const sending = Promise.all(Array.from({ length: CLIENTS }, (_, client) => send(client)));
    await eventually('some uploads', () => accepted.length >= 10);
    await cluster.end(killed, 'SIGKILL');
    await sending;

    for (const { requestId } of await allJobs(cluster.api)) {
      expect(answered.has(String(requestId)) || cut.has(String(requestId)), `${requestId}`).toBe(true);
    }
    // An original that was stored and not accepted is garbage, which the nodes would remove after an hour.
    expect((await sweptOf(cluster)).originals).toBeLessThanOrEqual(cut.size);
    for (const { status } of (await expectClusterWhole(cluster, accepted)).values())
      expect(status).toBe('succeeded');
    await expectCleanEnds(cluster);
  });

  test('that is killed gives back the keys of the uploads that were coming', async () => {
    await using cluster = await Cluster.start({ server: server(), apis: 2, workers: 1 });
    const [killed] = cluster.apis;
    if (!killed) throw new Error('there are two');
    const headers = { 'idempotency-key': '"of one upload"' };
    await startUpload(killed, LARGE, headers);
    await cluster.end(killed, 'SIGKILL');
    const killedAt = performance.now();
    const picture = await readFile(LARGE);
    const statuses = new Set<number>();
    const accepted = await eventually(
      'the key',
      async () => {
        const answer = await postImage(cluster.api, picture, {}, headers);
        statuses.add(answer.status);
        const body = await answer.json();
        return answer.status === 200 && Accepted.parse(body);
      },
      KEY_FREE_WITHIN_MS,
    );
    expect([...statuses]).toEqual([409, 200]);
    expect(performance.now() - killedAt).toBeLessThan(KEY_FREE_WITHIN_MS);
    await expectClusterWhole(cluster, [accepted]);
    await expectCleanEnds(cluster);
  });

  test('that is killed gives back the room that it held', async () => {
    const env = { QUEUE_DEPTH: '0', HANDOFF_TIMEOUT_MS: '0' };
    await using cluster = await Cluster.start({ server: server(), apis: 2, workers: 1, env });
    const [killed, other] = cluster.apis;
    if (!killed || !other) throw new Error('there are two');
    await endOf(other, await upload(other, goodPicture()));
    // An upload that has the only worker reserved, and waits for its original to be stored.
    await server().freeze();
    onTestFinished(() => server().thaw());
    const lost = upload(killed, goodPicture()).catch(() => null);
    await eventually('a reservation', async () => {
      const held = await cluster.rows("select id from nodes where held -> 'fresh' ->> 'default' = '1'");
      return held.length === 1;
    });
    expect((await postImage(other, goodPicture())).status).toBe(503);
    await cluster.end(killed, 'SIGKILL');
    const killedAt = performance.now();
    await lost;
    server().thaw();
    const accepted = await upload(other, goodPicture());
    expect(performance.now() - killedAt).toBeLessThan(ROOM_AGAIN_WITHIN_MS);
    await sweptOf(cluster);
    await expectClusterWhole(cluster, [accepted]);
    await expectCleanEnds(cluster);
  });

  test('that is told to end answers the uploads that are coming', async () => {
    await using cluster = await Cluster.start({ server: server(), apis: 2, workers: 1 });
    const { api: draining } = cluster;
    const half = await startUpload(draining, LARGE);
    draining.process.kill('SIGTERM');
    await draining.logged('draining');
    const { status, accepted } = await half.finish();
    expect(status).toBe(200);
    expect(await cluster.ended(draining)).toEqual({ code: 0, signal: null });
    await expectClusterWhole(cluster, [accepted]);
    await expectCleanEnds(cluster);
  });
});
