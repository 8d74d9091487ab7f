import { afterEach, expect, onTestFinished, test } from 'vitest';
import { faultPicture, goodPicture } from '../fixtures/fault-pictures.ts';
import { allJobs, outcomesOf } from '../helpers/aftermath.ts';
import { Cluster, type NodeOptions } from '../helpers/cluster.ts';
import { endedJobs, expectCleanEnds, expectClusterWhole } from '../helpers/cluster-aftermath.ts';
import { eventually } from '../helpers/eventually.ts';
import { committed } from '../helpers/fault-run.ts';
import { Load } from '../helpers/load.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { thaw } from '../helpers/processes.ts';
import type { RunningService } from '../helpers/service.ts';
import { sweptOf } from '../helpers/swept.ts';
import { TcpProxy } from '../helpers/tcp-proxy.ts';
import { endOf, postImage, upload } from '../helpers/upload.ts';
import { describeWithS3 } from '../helpers/with-s3.ts';

/**
 * An answer takes no longer, whatever becomes of the database: five seconds in the line for a worker, as the cluster has it, twelve for
 * the one call that gets no answer, and some more on a loaded machine.
 */
const ANSWERED_WITHIN_MS = 20_000;

const isReady = async (node: RunningService) => (await node.fetch('/readyz')).status === 200;

/** A node that reaches the database of its cluster through a proxy. */
async function nodeBehindProxy(cluster: Cluster, role: 'api' | 'worker', options: NodeOptions = {}) {
  const proxy = await TcpProxy.before(cluster.database);
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  const node = await cluster.startNode(role, { ...options, database: proxy.address(cluster.database) });
  return { proxy, node };
}

/** How many nodes hear what others tell. */
async function listeners(cluster: Cluster): Promise<number> {
  const listening = `select 1 from pg_stat_activity
    where datname = current_database() and application_name = 'darkroom listener'`;
  return (await cluster.rows(listening)).length;
}

describeWithS3('the connections of an api node to the database', (server) => {
  let cluster: Cluster;
  afterEach(() => cluster[Symbol.asyncDispose]());

  test('are refused: uploads get 503 at once, until they are not', async () => {
    cluster = await Cluster.start({ server: server(), apis: 0, workers: 1 });
    const { proxy, node: api } = await nodeBehindProxy(cluster, 'api');
    const before = await upload(api, goodPicture());
    proxy.refuse();
    await eventually('no readiness', async () => !(await isReady(api)));
    expect(await (await api.fetch('/readyz')).json()).toMatchObject({
      reason: 'the database does not answer',
    });
    const begin = performance.now();
    await expectProblem(await postImage(api, goodPicture()), 'store_unavailable');
    await expectProblem(await api.fetch(before.links.job), 'store_unavailable');
    expect(performance.now() - begin).toBeLessThan(2_000);
    expect((await api.fetch('/livez')).status).toBe(200);

    proxy.heal();
    await eventually('readiness', () => isReady(api));
    await eventually('ears', async () => (await listeners(cluster)) === 2);
    await expectClusterWhole(cluster, [before, await upload(api, goodPicture())]);
    await expectCleanEnds(cluster);
  });

  test('are cut again and again: uploads get 200 or 503, and what gets 200 is done', async () => {
    cluster = await Cluster.start({ server: server(), apis: 0, workers: 1 });
    const { proxy, node: api } = await nodeBehindProxy(cluster, 'api');
    await using load = new Load([api], 4);
    for (let count = 0; count < 5; count++) {
      await load.acceptedMore(3);
      proxy.cut();
    }
    await load.acceptedMore(3);
    await load.end();
    expect([...load.answers.keys()].filter((it) => it !== '200' && it !== '503')).toEqual([]);
    await eventually('ears', async () => (await listeners(cluster)) === 2);
    await sweptOf(cluster);
    for (const { status } of (await expectClusterWhole(cluster, load.accepted)).values())
      expect(status).toBe('succeeded');
    await expectCleanEnds(cluster);
  });

  test('are slow: uploads are accepted, more slowly', async () => {
    const env = { HANDOFF_TIMEOUT_MS: '100' };
    cluster = await Cluster.start({ server: server(), apis: 0, workers: 1, env });
    const { proxy, node: api } = await nodeBehindProxy(cluster, 'api');
    await upload(api, goodPicture());
    proxy.delay(200);
    const accepted = [await upload(api, goodPicture()), await upload(api, goodPicture())];
    expect(await isReady(api)).toBe(true);
    await expectClusterWhole(cluster, accepted);
    proxy.heal();
    await expectCleanEnds(cluster);
  });

  test('say nothing any more: uploads get 503 in time, until they do again', async () => {
    cluster = await Cluster.start({ server: server(), apis: 0, workers: 1 });
    const { proxy, node: api } = await nodeBehindProxy(cluster, 'api');
    await upload(api, goodPicture());
    await using load = new Load([api], 4);
    await load.acceptedMore(3);
    proxy.still();
    await eventually('no readiness', async () => !(await isReady(api)));
    await expectProblem(
      await postImage(api, goodPicture(), {}, { 'idempotency-key': '"x"' }),
      'store_unavailable',
    );
    expect((await api.fetch('/livez')).status).toBe(200);
    proxy.heal();
    await eventually('readiness', () => isReady(api));
    await load.acceptedMore(3);
    await load.end();
    expect([...load.answers.keys()].sort()).toEqual(['200', '503']);
    expect(load.longestMs).toBeLessThan(ANSWERED_WITHIN_MS);
    await eventually('ears', async () => (await listeners(cluster)) === 2);
    await sweptOf(cluster);
    await expectClusterWhole(cluster, load.accepted);
    await expectCleanEnds(cluster);
  });

  test('break at the answer to the commit of an upload: it gets 503, and is kept and run all the same', async () => {
    cluster = await Cluster.start({ server: server(), apis: 0, workers: 1 });
    const { proxy, node: api } = await nodeBehindProxy(cluster, 'api');
    await upload(api, goodPicture());
    proxy.cutAnswerTo('commit', 'the-request-that-is-cut');
    const headers = { 'x-request-id': 'the-request-that-is-cut' };
    await expectProblem(await postImage(api, goodPicture(), {}, headers), 'store_unavailable');
    await endedJobs(cluster);
    const jobs = [...(await expectClusterWhole(cluster, [])).values()];
    expect(jobs.map(({ status }) => status)).toEqual(['succeeded', 'succeeded']);
    expect(jobs.map(({ requestId }) => requestId)).toContain('the-request-that-is-cut');
    await expectCleanEnds(cluster);
  });
});

describeWithS3('the connections of a worker node to the database', (server) => {
  let cluster: Cluster;
  afterEach(() => cluster[Symbol.asyncDispose]());

  test('break at the answer to the commit that ends a run: its set stays, and it counts once', async () => {
    cluster = await Cluster.start({ server: server(), apis: 1, workers: 0 });
    const { api } = cluster;
    const { proxy, node } = await nodeBehindProxy(cluster, 'worker', { faults: true });
    const accepted = await upload(api, faultPicture('pause', { runs: 1 }));
    await committed(node, accepted);
    const { job } = await cluster.duringRun(accepted, 1);
    proxy.cutAnswerTo('commit', String(job.runs[0]?.id));
    for (const pid of await node.workerPids()) thaw(pid);
    await node.logged('the end of a run could not be recorded');
    await node.logged('run settled');
    const after = (await expectClusterWhole(cluster, [accepted])).get(accepted.id);
    expect(after && outcomesOf(after)).toEqual(['succeeded']);
    await expectCleanEnds(cluster);
  });

  test('break at the answer to the commit that begins a run: it is interrupted, and another one is begun', async () => {
    cluster = await Cluster.start({ server: server(), apis: 1, workers: 0, env: { MAX_ATTEMPTS: '1' } });
    const { api } = cluster;
    const { proxy, node } = await nodeBehindProxy(cluster, 'worker');
    // Its text is sent once for each connection: this is the first run on any.
    proxy.cutAnswerTo('commit', 'insert into "runs"');
    const accepted = await upload(api, goodPicture());
    await node.logged('run could not be recorded');
    const after = (await expectClusterWhole(cluster, [accepted])).get(accepted.id);
    expect(after && outcomesOf(after)).toEqual(['interrupted', 'succeeded']);
    await expectCleanEnds(cluster);
  });

  test('say nothing while it runs a job: another node runs it, and what this one has made is refused', async () => {
    cluster = await Cluster.start({ server: server(), apis: 1, workers: 0 });
    const { api } = cluster;
    const { proxy, node } = await nodeBehindProxy(cluster, 'worker', { faults: true });
    const accepted = await upload(api, faultPicture('pause', { runs: 1 }));
    await committed(node, accepted);
    await cluster.duringRun(accepted, 1);
    proxy.still();
    for (const pid of await node.workerPids()) thaw(pid);
    await eventually('no readiness', async () => !(await isReady(node)));
    await cluster.startNode('worker');
    await endOf(api, accepted);
    proxy.heal();
    expect(await node.logged('run settled')).toMatchObject({ outcome: 'succeeded', status: 'given up' });
    const after = (await expectClusterWhole(cluster, [accepted])).get(accepted.id);
    expect(after && outcomesOf(after)).toEqual(['interrupted', 'succeeded']);
    expect(await allJobs(api)).toHaveLength(1);
    await expectCleanEnds(cluster);
  });
});
