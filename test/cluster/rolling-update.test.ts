import { expect, test } from 'vitest';
import { slowPicture } from '../fixtures/fault-pictures.ts';
import { Balancer } from '../helpers/balancer.ts';
import { Cluster } from '../helpers/cluster.ts';
import { expectCleanEnds, expectClusterWhole } from '../helpers/cluster-aftermath.ts';
import { misread, type OfRole, replaceNodes } from '../helpers/rolling-update.ts';
import { SteadyUploads } from '../helpers/steady-uploads.ts';
import { describeWithS3 } from '../helpers/with-s3.ts';

/** So long a worker is not free for a picture: what the nodes can do depends little on who else uses the cores. */
const RUN_MS = 600;
const APIS = 2;
const WORKERS = 2;
/** As many as there are workers, and some that wait. */
const CLIENTS = 4;
const MEASURED_MS = 3_000;
const LOAD = 0.8;
const QUESTIONS_A_SECOND = 50;

/** Eight nodes start in it. */
const PATIENCE_MS = 300_000;

/** As deploy/k8s has it, and sooner: the balancer needs a quarter of a second, and not some. */
const NODES: OfRole = { api: { env: { DRAIN_DELAY_MS: '2500' } }, worker: {} };

describeWithS3('a rolling update', (server) => {
  test('fails no upload and loses none, under four fifths of what the nodes can do', {
    timeout: PATIENCE_MS,
  }, async () => {
    await using cluster = await Cluster.start({ server: server(), apis: 0, workers: 0, faults: true });
    await using balancer = await Balancer.start();
    await Promise.all([
      ...Array.from({ length: WORKERS }, () => cluster.startNode('worker', NODES.worker)),
      ...Array.from({ length: APIS }, async () =>
        balancer.add((await cluster.startNode('api', NODES.api)).url),
      ),
    ]);
    const old = [...cluster.nodes];
    using uploads = new SteadyUploads(balancer.url, () => slowPicture(RUN_MS));

    const capacity = await uploads.measureCapacity(CLIENTS, MEASURED_MS);
    expect(capacity).toBeGreaterThan(0);
    const measured = uploads.accepted.length;
    const done = new AbortController();
    const sending = uploads.keepSending(capacity * LOAD, done.signal);
    const asking = uploads.keepAsking(QUESTIONS_A_SECOND, done.signal);
    const ends = await replaceNodes(cluster, balancer, NODES).finally(async () => {
      done.abort();
      await sending;
    });

    expect(await asking).toBeGreaterThan(QUESTIONS_A_SECOND);
    expect(uploads.failures).toEqual([]);
    expect(uploads.accepted.length - measured).toBeGreaterThan(old.length);
    expect(ends).toEqual(old.map(() => ({ code: 0, signal: null })));
    expect(cluster.nodes.filter((node) => old.includes(node))).toEqual([]);
    for (const { status } of (await expectClusterWhole(cluster, uploads.accepted)).values())
      expect(status).toBe('succeeded');
    expect(await misread(balancer.url, uploads.accepted)).toEqual([]);
    await expectCleanEnds(cluster);
  });
});
