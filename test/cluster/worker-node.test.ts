import { expect, test } from 'vitest';
import { z } from 'zod';
import { goodPicture } from '../fixtures/fault-pictures.ts';
import { outcomesOf } from '../helpers/aftermath.ts';
import { Cluster } from '../helpers/cluster.ts';
import { expectCleanEnds, expectClusterWhole } from '../helpers/cluster-aftermath.ts';
import { eventually } from '../helpers/eventually.ts';
import { freezeWorkers, gone, thaw } from '../helpers/processes.ts';
import type { RunningService } from '../helpers/service.ts';
import { type Accepted, endOf, upload } from '../helpers/upload.ts';
import { describeWithS3 } from '../helpers/with-s3.ts';

/** A lease takes 10 s to run out, which is looked for every second, and then there are those who wait. */
const ELSEWHERE_WITHIN_MS = 15_000;

/** One run may end by a fault of its picture: what is charged to it shows. */
const ONE_ATTEMPT = { MAX_ATTEMPTS: '1' };

describeWithS3('a worker node', (server) => {
  test('that is killed in the middle of a run has it run by another, which is nobody’s fault', async () => {
    await using cluster = await Cluster.start({
      server: server(),
      apis: 1,
      workers: 2,
      env: ONE_ATTEMPT,
    });
    const frozen = (await Promise.all(cluster.workers.map(freezeWorkers))).flat();
    const accepted = await upload(cluster.api, goodPicture());
    const { node, job } = await cluster.duringRun(accepted, 1);
    const workers = await node.workerPids();
    for (const pid of frozen) if (!workers.includes(pid)) thaw(pid);
    const killedAt = Date.now();
    await cluster.end(node, 'SIGKILL');
    await gone(workers);
    await eventually('the next run', async () => (await endOf(cluster.api, accepted)).status === 'succeeded');

    const after = (await expectClusterWhole(cluster, [accepted])).get(accepted.id);
    expect(after && outcomesOf(after)).toEqual(['interrupted', 'succeeded']);
    expect(after?.runs[0]).toMatchObject({ id: job.runs[0]?.id, failure: 'worker_lost' });
    expect(Date.parse(String(after?.runs[1]?.startedAt)) - killedAt).toBeLessThan(ELSEWHERE_WITHIN_MS);
    await expectCleanEnds(cluster);
  });

  test('that is told to end finishes what runs, and the others do what waits', async () => {
    await using cluster = await Cluster.start({ server: server(), apis: 1, workers: 2, env: ONE_ATTEMPT });
    const { api } = cluster;
    const frozen = (await Promise.all(cluster.workers.map(freezeWorkers))).flat();
    const first = await upload(api, goodPicture());
    const { node: draining } = await cluster.duringRun(first, 1);
    const others: Accepted[] = [];
    for (let count = 0; count < 3; count++) others.push(await upload(api, goodPicture()));
    await eventually('a run on each node', async () => (await runningOf(api)) === 2);

    const itsOwn = await draining.workerPids();
    draining.process.kill('SIGTERM');
    await draining.logged('draining');
    for (const pid of frozen) if (itsOwn.includes(pid)) thaw(pid);
    const { lines } = draining;
    expect(await cluster.ended(draining)).toEqual({ code: 0, signal: null });
    expect(lines.filter(({ msg }) => msg === 'run settled')).toMatchObject([
      { imageId: first.id, outcome: 'succeeded', status: 'succeeded' },
    ]);
    for (const pid of frozen) if (!itsOwn.includes(pid)) thaw(pid);
    for (const job of (await expectClusterWhole(cluster, [first, ...others])).values())
      expect(outcomesOf(job)).toEqual(['succeeded']);
    await expectCleanEnds(cluster);
  });
});

async function runningOf(api: RunningService): Promise<number> {
  const answer = await api.fetch('/jobs?status=running');
  return z.object({ jobs: z.array(z.unknown()) }).parse(await answer.json()).jobs.length;
}
