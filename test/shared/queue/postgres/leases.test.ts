import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { IdempotencyKey, KEY_KEPT_MS } from '../../../../shared/domain/idempotency.ts';
import { DEFAULT_TENANT, type JobId, newClaimId, newRunId } from '../../../../shared/domain/ids.ts';
import { reconcile } from '../../../../shared/queue/postgres/reconcile.ts';
import { newUpload, succeeded } from '../../../helpers/job-records.ts';
import { copyOf, newDatabase } from '../../../helpers/postgres-server.ts';
import { type QueueNode, queueNode } from '../../../helpers/queue-node.ts';
import { sharedServer } from '../../../helpers/shared-servers.ts';
import { Told } from '../../../helpers/told.ts';

async function nodes(...workers: number[]) {
  const url = await copyOf(await sharedServer('migrated'));
  const opened: { node: QueueNode; told: Told<JobId> }[] = [];
  for (const count of workers) {
    const told = new Told<JobId>();
    const node = await queueNode(url, { workers: count, queueDepth: 100, handOffTimeoutMs: 200 }, told);
    onTestFinished(node.dispose);
    opened.push({ node, told });
  }
  return opened;
}

const accept = async ({ node }: { node: QueueNode }) => {
  const upload = newUpload();
  await node.store.acceptUpload(upload);
  return upload;
};

const reconciled = (node: QueueNode, steadyMs = 60_000) =>
  node.sessions.transaction((session, db) => reconcile(session, db, node.queue, 9_000, steadyMs));

describe('a lease', () => {
  test('that has run out is given to another node, and who had it has no say any more', async () => {
    const [first, second] = await nodes(1, 0);
    if (!first || !second) throw new Error('there are two');
    const { job } = await accept(first);
    expect(await first.told.next()).toBe(job.id);
    const run = first.node.crew.running.get(job.id);
    // It is stopped: it prolongs nothing and borrows nothing.
    await first.node.stopFeeding();
    second.node.hire(1);
    const begin = performance.now();
    expect(await second.told.next()).toBe(job.id);
    expect(performance.now() - begin).toBeLessThan(15_000);
    const { runs } = (await first.node.store.findJob(job.id)) ?? { runs: [] };
    expect(runs).toMatchObject([
      { id: run?.start.runId, outcome: 'interrupted', failure: 'worker_lost' },
      { outcome: null, endedAt: null },
    ]);
    if (!run?.start.lease) throw new Error('it has a lease');
    const late = { ...succeeded(run.start), lease: run.start.lease };
    expect(await first.node.store.finishRun(late)).toBeNull();
    // Nor does who was stopped before it could begin take the job from who has it now.
    expect(await first.node.store.startRun({ ...run.start, runId: newRunId() })).toBeNull();
    await second.node.finish(job.id);
    expect((await first.node.store.findJob(job.id))?.job.state).toBe('succeeded');
  });

  test('is kept for as long as its node prolongs it', { timeout: 40_000 }, async () => {
    const [first, second] = await nodes(1, 0);
    if (!first || !second) throw new Error('there are two');
    const { job } = await accept(first);
    await first.told.next();
    second.node.hire(1);
    const taken = await Promise.race([
      second.told.next(),
      new Promise<null>((resolve) => setTimeout(() => resolve(null), 14_000)),
    ]);
    expect(taken).toBeNull();
    await first.node.finish(job.id);
    expect((await first.node.store.findJob(job.id))?.runs).toHaveLength(1);
  });
});

describe('where records and queue differ', () => {
  test('a job that waits is sent again, once', async () => {
    const [only] = await nodes(0);
    if (!only) throw new Error('there is one');
    const { job } = await accept(only);
    await sql`delete from pgboss.job`.execute(only.node.sessions.db);
    expect(await reconciled(only.node)).toEqual({ interrupted: 0, sent: 1, released: 0 });
    expect(await reconciled(only.node)).toEqual({ interrupted: 0, sent: 0, released: 0 });
    only.node.hire(1);
    expect(await only.told.next()).toBe(job.id);
  });

  test('a run that nobody has lent is interrupted, and its job sent again', async () => {
    const [only] = await nodes(1);
    if (!only) throw new Error('there is one');
    const { job } = await accept(only);
    await only.told.next();
    await sql`delete from pgboss.job`.execute(only.node.sessions.db);
    expect(await reconciled(only.node)).toEqual({ interrupted: 1, sent: 1, released: 0 });
    expect(await only.node.store.findJob(job.id)).toMatchObject({
      job: { state: 'queued' },
      runs: [{ outcome: 'interrupted', failure: 'worker_lost' }],
    });
  });

  test('nothing is touched that is as it should be: what waits, waits for its leader, runs or has ended', async () => {
    const [only] = await nodes(1);
    if (!only) throw new Error('there is one');
    const first = await accept(only);
    await only.told.next();
    const waiting = await accept(only);
    await only.node.store.acceptUpload(newUpload({ image: { sha256: waiting.image.sha256 } }));
    expect(await reconciled(only.node)).toEqual({ interrupted: 0, sent: 0, released: 0 });
    await only.node.finish(first.job.id);
    await only.told.next();
    expect(await reconciled(only.node)).toEqual({ interrupted: 0, sent: 0, released: 0 });
  });

  test('keys are free again that were claimed by requests of a node that is gone', async () => {
    const [first, second] = await nodes(0, 0);
    if (!first || !second) throw new Error('there are two');
    const claim = (key: string) => ({
      id: newClaimId(),
      tenant: DEFAULT_TENANT,
      key: IdempotencyKey.parse(key),
      until: Date.now() + KEY_KEPT_MS,
    });
    await first.node.store.claimKey(claim('of the one that goes'), Date.now());
    await second.node.store.claimKey(claim('of the one that stays'), Date.now());
    await first.node.registry.leave();
    // The database was out of reach a moment ago: who is silent may have been cut off with all others.
    expect(await reconciled(second.node, 1_000)).toEqual({ interrupted: 0, sent: 0, released: 0 });
    expect(await reconciled(second.node)).toEqual({ interrupted: 0, sent: 0, released: 1 });
    const { store } = second.node;
    expect(await store.claimKey(claim('of the one that goes'), Date.now())).toBe('claimed');
    expect(await store.claimKey(claim('of the one that stays'), Date.now())).toBe('in_flight');
  });
});

describe('nodes together', () => {
  test('let in as many as there are free workers and places, however many ask at once, and wherever', async () => {
    const url = await newDatabase(await sharedServer('postgres'));
    const told = new Told<JobId>();
    const limits = { queueDepth: 3, handOffTimeoutMs: 300 };
    const all = await Promise.all([2, 1, 0].map((workers) => queueNode(url, { workers, ...limits }, told)));
    onTestFinished(async () => {
      for (const node of all) await node.dispose();
    });
    const need = { tenant: DEFAULT_TENANT, memoryBytes: 1, isBatch: false };
    const asked = Array.from({ length: 60 }, (_, index) => all[index % all.length]?.admission.reserve(need));
    const answers = await Promise.all(asked);
    expect(answers.filter((it) => typeof it === 'object')).toHaveLength(6);
    expect(answers.filter((it) => it === 'busy')).toHaveLength(54);
  });

  test('run what each of them accepts, each job once', async () => {
    const all = await nodes(2, 1, 3);
    const uploads = [];
    for (let count = 0; count < 60; count++) {
      const node = all[count % all.length];
      if (node) uploads.push(await accept(node));
    }
    const started: JobId[] = [];
    const work = async ({ node, told }: (typeof all)[number]) => {
      while (started.length < uploads.length) {
        const job = await Promise.race([told.next(), allStarted]);
        if (job === undefined) return;
        started.push(job);
        if (started.length === uploads.length) end();
        await node.finish(job);
      }
    };
    let end: () => void = () => {};
    const allStarted = new Promise<undefined>((resolve) => {
      end = () => resolve(undefined);
    });
    await Promise.all(all.map(work));
    expect(started.toSorted()).toEqual(uploads.map(({ job }) => job.id).toSorted());
    expect(new Set(started).size).toBe(60);
  });
});
