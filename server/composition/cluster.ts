import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { provideHome } from '../../shared/config.ts';
import { announced } from '../../shared/jobs/announced.ts';
import { PostgresJobStore } from '../../shared/jobs/postgres/postgres-job-store.ts';
import type { KeptWatermark, Lane } from '../../shared/jobs/records.ts';
import type { Tables } from '../../shared/jobs/schema/tables.ts';
import { connect } from '../../shared/postgres/connect.ts';
import { DatabaseClock } from '../../shared/postgres/database-clock.ts';
import { Listener } from '../../shared/postgres/listener.ts';
import { Notifier } from '../../shared/postgres/notifier.ts';
import { Sessions } from '../../shared/postgres/sessions.ts';
import { JobNews, JobStep } from '../../shared/queue/job-news.ts';
import { Admission } from '../../shared/queue/postgres/admission.ts';
import { BossQueue } from '../../shared/queue/postgres/boss-queue.ts';
import { CHANNELS } from '../../shared/queue/postgres/channels.ts';
import { NodeRegistry } from '../../shared/queue/postgres/nodes.ts';
import { prepareDatabase } from '../../shared/queue/postgres/prepare-database.ts';
import { RemoteJobWatch } from '../../shared/queue/postgres/remote-job-watch.ts';
import { takeTurn } from '../../shared/queue/postgres/turn.ts';
import { lockFolder } from '../../shared/storage/disk/folder-lock.ts';
import { S3Storage } from '../../shared/storage/s3/s3-storage.ts';
import type { S3Settings } from '../../shared/storage/s3/s3-url.ts';
import { measured } from '../../shared/telemetry/measured.ts';
import { Feeder } from '../../workers/supervisor/feeder.ts';
import { UNKNOWN_ROOM } from '../intake/room.ts';
import { parseJson } from '../parse-json.ts';
import { hireCrew, type NodeOptions, openScratch } from './crew.ts';
import type { Node } from './node.ts';
import { postgresAccess } from './postgres-access.ts';
import { retentionOf } from './retention.ts';
import { Upkeep } from './upkeep.ts';
import { workInReach } from './work-in-reach.ts';

/** The database has not answered for so long, in milliseconds: nothing can be accepted or run. */
const SILENT_MS = 5_000;

/** One of all nodes looks for what has had its time, at the most so often. */
const RETENTION_SECONDS = 0.5;

/** One of many nodes: records and queue in PostgreSQL, files in S3, both shared with all others. */
export async function openCluster(
  options: NodeOptions,
  { database, storage: bucket }: { database: string; storage: S3Settings },
  watermarks: readonly KeptWatermark[],
): Promise<Node> {
  const { config, endpoints, log, isShared } = options;
  const node = randomUUID();
  const unlock = [...new Set([config.basePath, config.scratchPath])].map(lockFolder);
  const spoolPath = await emptyFolder(join(config.basePath, 'spool'));
  provideHome();
  const storage = measured(await S3Storage.open(bucket, log), 'files');
  const parts = measured(storage.parts, 'files');
  await prepareDatabase(database);
  const pool = connect(database, config.databasePool);
  const sessions = new Sessions<Tables>(pool);
  const clock = new DatabaseClock();
  const notifier = new Notifier(pool);
  const takesWork = config.role !== 'api';
  const wake = (lane: Lane) => notifier.tell(CHANNELS.work, lane);
  const queue = await BossQueue.open(pool, takesWork, wake, log, clock);
  const news = new JobNews();
  const records = measured(new PostgresJobStore(sessions, node, queue, clock, endpoints), 'records');
  const store = announced(records, () => {
    news.changed();
    notifier.tell(CHANNELS.changed);
  });
  for (const watermark of watermarks) await store.keepWatermark(watermark);

  const crew = takesWork ? await hire() : null;
  const state = () => ({
    slots: crew?.supervisor.slots ?? 0,
    publishing: crew?.supervisor.publishing ?? [],
    decoder: crew?.supervisor.decoder ?? null,
    typicalRunMs: crew?.supervisor.typicalRunMs ?? null,
  });
  const registry = await NodeRegistry.enter(pool, node, config.role, state, clock, log);
  const admission = config.role === 'worker' ? null : new Admission(pool, node, { ...config, isShared });
  const watch = new RemoteJobWatch(pool);
  const tellWork = () => notifier.tell(CHANNELS.work, 'fresh backlog batch');
  const upkeep = takesWork
    ? new Upkeep(
        sessions,
        queue,
        store,
        storage,
        clock,
        () => registry.steadyMs,
        tellWork,
        config.sweepAfterS,
        log,
      )
    : null;
  // What is queued again is in the queue with its record.
  const retries = { addBacklog: () => {} };
  const retention = retentionOf(
    config,
    { store, storage, retries },
    () => takeTurn(sessions.db, 'retention', RETENTION_SECONDS),
    log,
  );
  let feeder: Feeder | null = null;
  const listener = new Listener(
    database,
    {
      channels: {
        ...(crew && { [CHANNELS.work]: (lanes) => feeder?.workCame(lanes) }),
        ...(admission && { [CHANNELS.room]: () => admission.advance() }),
        [CHANNELS.ended]: (jobs) => watch.heard(jobs),
        [CHANNELS.changed]: news.changed,
        [CHANNELS.steps]: (steps) => {
          for (const step of stepsIn(steps)) news.stepped(step);
        },
      },
      began: () => {
        feeder?.wake();
        admission?.advance();
        void watch.look();
        news.changed();
      },
    },
    log,
  );

  async function hire() {
    const scratch = await openScratch(config, log);
    const stepped = (step: JobStep) => notifier.tell(CHANNELS.steps, JSON.stringify(step));
    const settled = () => retention.wake();
    return hireCrew(options, store, storage, scratch, [spoolPath], { settled, stepped });
  }

  function startFeeding(supervisor: Awaited<ReturnType<typeof hire>>['supervisor']): Feeder {
    const tellRoom = () => notifier.tell(CHANNELS.room);
    return new Feeder(
      workInReach(queue, storage),
      supervisor,
      {
        idle: () => registry.changed(tellRoom),
        ended: (jobs) => {
          for (const job of jobs) notifier.tell(CHANNELS.ended, job);
        },
      },
      log,
    );
  }

  return {
    name: node,
    common: await postgresAccess(pool, clock),
    store,
    storage,
    news,
    direct: storage,
    front: admission && {
      handOff: admission,
      watch,
      retries,
      decoder: () => registry.decoders[0] ?? null,
      spoolPath,
      parts,
      room: UNKNOWN_ROOM,
    },
    isDiskLow: null,
    workers: crew?.workers ?? null,
    unready: () => {
      if (registry.silentMs > SILENT_MS) return 'the database does not answer';
      return crew && !crew.supervisor.isReady ? 'no worker is ready' : null;
    },
    start: () => {
      if (!crew) return;
      crew.supervisor.start([]);
      feeder = startFeeding(crew.supervisor);
      crew.supervisor.onVacancy(() => feeder?.wake());
      upkeep?.start();
      retention.start();
    },
    drain: async (deadline) => {
      admission?.close();
      void upkeep?.stop();
      void retention.stop();
      await feeder?.close();
      const clean = (await crew?.supervisor.drain(deadline)) ?? true;
      feeder?.end();
      watch.close();
      return clean;
    },
    close: async () => {
      await registry.leave();
      await listener.close();
      await upkeep?.stop();
      await retention.stop();
      await notifier.close();
      await queue.close();
      await store.close();
      storage.close();
      for (const release of unlock) release();
    },
    kill: () => crew?.supervisor.kill(),
    replaceWorkers: () => crew?.supervisor.replaceWorkers() ?? Promise.resolve(true),
  };
}

/** @param text each as JSON, with spaces between them; what is none is of another version, and left out */
const stepsIn = (text: string): JobStep[] =>
  text.split(' ').flatMap((json) => JobStep.safeParse(parseJson(json)).data ?? []);

/** Uploads of an earlier process are on their way no more. */
async function emptyFolder(path: string): Promise<string> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  for (const name of await readdir(path)) await rm(join(path, name), { recursive: true, force: true });
  return path;
}
