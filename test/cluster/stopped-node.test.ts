import { expect, test } from 'vitest';
import { faultPicture, goodPicture } from '../fixtures/fault-pictures.ts';
import { outcomesOf } from '../helpers/aftermath.ts';
import { Cluster } from '../helpers/cluster.ts';
import { expectCleanEnds, expectClusterWhole } from '../helpers/cluster-aftermath.ts';
import { committed } from '../helpers/fault-run.ts';
import { freeze, freezeWorkers, signal, thaw } from '../helpers/processes.ts';
import { endOf, upload } from '../helpers/upload.ts';
import { describeWithS3 } from '../helpers/with-s3.ts';

describeWithS3('a worker node that stands still for longer than its lease', (server) => {
  test('has its job run by another; its own result, which comes then, is refused, and leaves nothing', async () => {
    await using cluster = await Cluster.start({ server: server(), apis: 1, workers: 0 });
    const { api } = cluster;
    const stale = await cluster.startNode('worker', { faults: true });
    const accepted = await upload(api, faultPicture('pause', { runs: 1 }));
    await committed(stale, accepted);
    const { job } = await cluster.duringRun(accepted, 1);
    // Its result is made, and waits for who does not read it.
    signal(stale.pid, 'SIGSTOP');
    for (const pid of await stale.workerPids()) thaw(pid);
    await cluster.startNode('worker');
    await endOf(api, accepted);

    const before = stale.lines.length;
    signal(stale.pid, 'SIGCONT');
    expect(await stale.logged('run settled', before)).toMatchObject({
      runId: job.runs[0]?.id,
      outcome: 'succeeded',
      status: 'given up',
    });
    const after = (await expectClusterWhole(cluster, [accepted])).get(accepted.id);
    expect(after && outcomesOf(after)).toEqual(['interrupted', 'succeeded']);

    // The others do nothing: it goes on working.
    for (const node of cluster.workers) if (node !== stale) await cluster.end(node, 'SIGTERM');
    const later = await upload(api, goodPicture());
    const next = (await expectClusterWhole(cluster, [accepted, later])).get(later.id);
    expect(next && outcomesOf(next)).toEqual(['succeeded']);
    await expectCleanEnds(cluster);
  });

  test('goes on working when it is stopped with all its workers', async () => {
    await using cluster = await Cluster.start({ server: server(), apis: 1, workers: 1 });
    const { api, worker: stale } = cluster;
    await freezeWorkers(stale);
    const accepted = await upload(api, goodPicture());
    await cluster.duringRun(accepted, 1);
    await freeze(stale.pid);
    const other = await cluster.startNode('worker');
    await endOf(api, accepted);
    expect(await cluster.end(other, 'SIGTERM')).toEqual({ code: 0, signal: null });

    thaw(stale.pid);
    const later = await upload(api, goodPicture());
    const jobs = await expectClusterWhole(cluster, [accepted, later]);
    expect(outcomesOf(jobs.get(accepted.id) ?? { runs: [] })).toEqual(['interrupted', 'succeeded']);
    expect(jobs.get(later.id)?.status).toBe('succeeded');
    await expectCleanEnds(cluster);
  });
});
