import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Client } from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { PostgresJobStore } from '../../shared/jobs/postgres/postgres-job-store.ts';
import { connect } from '../../shared/postgres/connect.ts';
import { newStart, newUpload, rejected } from '../helpers/job-records.ts';
import { NO_QUEUE } from '../helpers/no-queue.ts';
import { openRecords } from '../helpers/open-records.ts';
import { copyOf } from '../helpers/postgres-server.ts';
import { sharedServer } from '../helpers/shared-servers.ts';
import type { ScaledObject } from './keda-schema.ts';
import { render } from './rendered.ts';

const ROLE = 'darkroom_autoscaler';
const EXAMPLE = new URL('../../deploy/k8s/cluster/secrets/autoscaler.env.example', import.meta.url);

const cluster = await render('cluster');

/** As the example has the database make it, under a name of its own: roles are of the whole server. */
async function urlOfRole(url: string): Promise<string> {
  const [, made = ''] = /^# (create role .*)$/m.exec(await readFile(EXAMPLE, 'utf8')) ?? [];
  const role = `test_${randomUUID().replaceAll('-', '')}`;
  const admin = await connected(url);
  await admin.query(made.replaceAll(ROLE, role).replace('…', 'of-the-test'));
  onTestFinished(async () => {
    await admin.query(`drop owned by ${role}; drop role ${role}`);
    await admin.end();
  });
  return Object.assign(new URL(url), { username: role, password: 'of-the-test' }).href;
}

async function connected(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString });
  await client.connect();
  return client;
}

test.skipIf(cluster.isMissing)(
  'the autoscaler counts the jobs that need a worker, and may read no more',
  async () => {
    const url = await copyOf(await sharedServer('migrated'));
    const store = new PostgresJobStore(await openRecords(connect(url, 2)), 'this node', NO_QUEUE);
    onTestFinished(() => store.close());
    const autoscaler = await connected(await urlOfRole(url));
    onTestFinished(() => autoscaler.end());
    const [{ metadata }] = cluster.only<ScaledObject>('ScaledObject').spec.triggers;
    const depth = async () =>
      Number(Object.values((await autoscaler.query(metadata.query)).rows[0] ?? {})[0]);

    expect(await depth()).toBe(0);
    const waiting = newUpload();
    const running = newUpload();
    for (const upload of [waiting, running]) await store.acceptUpload(upload);
    expect(await depth()).toBe(2);
    const start = newStart(running.job);
    await store.startRun(start);
    expect(await depth()).toBe(2);
    // They wait for workers that nobody else wants, or for the run of another.
    await store.acceptUpload(newUpload({ job: { isBatch: true } }));
    await store.acceptUpload(newUpload({ image: { sha256: waiting.image.sha256 } }));
    expect(await depth()).toBe(2);
    await store.finishRun(rejected(start));
    expect(await depth()).toBe(1);
    await expect(autoscaler.query('select * from jobs')).rejects.toThrow(/permission denied/);
    await expect(autoscaler.query('select * from images')).rejects.toThrow(/permission denied/);
  },
);
