import { dirname } from 'node:path';
import { announced } from '../../shared/jobs/announced.ts';
import type { KeptWatermark } from '../../shared/jobs/records.ts';
import { SqliteJobStore } from '../../shared/jobs/sqlite/sqlite-job-store.ts';
import { JobNews } from '../../shared/queue/job-news.ts';
import { DiskParts } from '../../shared/storage/disk/disk-parts.ts';
import { DiskStorage } from '../../shared/storage/disk/disk-storage.ts';
import { lockFolder } from '../../shared/storage/disk/folder-lock.ts';
import { refuseNetworkFolder } from '../../shared/storage/disk/network-file-system.ts';
import { measured } from '../../shared/telemetry/measured.ts';
import { SHARED_AT_ONCE } from '../intake/acceptance.ts';
import { indexEarlier } from '../upkeep/index-earlier.ts';
import { recover } from '../upkeep/recovery.ts';
import { isAnySpentWithin } from '../upkeep/retention.ts';
import { removeUnnamedParts } from '../upkeep/unnamed-parts.ts';
import { hireCrew, type NodeOptions, openScratch } from './crew.ts';
import { DiskRoom } from './disk-room.ts';
import type { Node } from './node.ts';
import { retentionOf } from './retention.ts';

/** All on one machine: records in a file of SQLite, files in folders, work handed over within the process. */
export async function openEmbedded(
  options: NodeOptions,
  paths: { database: string; storage: string },
  watermarks: readonly KeptWatermark[],
): Promise<Node> {
  const { config, endpoints, log } = options;
  await refuseNetworkFolder(dirname(paths.database));
  const folders = new Set([config.basePath, paths.storage, dirname(paths.database), config.scratchPath]);
  const unlock = [...folders].map(lockFolder);
  const news = new JobNews();
  const records = measured(await SqliteJobStore.open(paths.database, endpoints), 'records');
  const store = announced(records, news.changed);
  const storage = measured(await DiskStorage.open(paths.storage), 'files');
  const parts = measured(await DiskParts.open(paths.storage), 'files');
  const scratch = await openScratch(config, log);
  for (const watermark of watermarks) await store.keepWatermark(watermark);
  const atOnce = config.workers + config.queueDepth + SHARED_AT_ONCE;
  const backlog = await recover(store, storage, storage.spoolPath, atOnce, log);
  await removeUnnamedParts(store, parts, 0);
  const hidden = [paths.database, storage.spoolPath];
  const stopping = new AbortController();
  let indexing: Promise<void> = Promise.resolve();
  const told = { settled: () => retention.wake(), stepped: news.stepped };
  const { supervisor, workers } = await hireCrew(options, store, storage, scratch, hidden, told);
  const retention = retentionOf(config, { store, storage, retries: supervisor }, async () => true, log);
  const room = new DiskRoom(
    paths.storage,
    config.minFreeBytes,
    retention,
    (ms) => isAnySpentWithin(store, config.keepOriginalsMs, ms),
    log,
  );
  return {
    name: null,
    common: null,
    store,
    storage,
    news,
    direct: null,
    front: {
      handOff: supervisor,
      watch: supervisor,
      retries: supervisor,
      decoder: () => supervisor.decoder,
      spoolPath: storage.spoolPath,
      parts,
      room,
    },
    isDiskLow: () => room.isLow,
    workers,
    unready: () => (supervisor.isReady ? null : 'no worker is ready'),
    start: () => {
      supervisor.start(backlog);
      retention.start();
      room.start();
      indexing = indexEarlier(store, stopping.signal, log).catch((error) =>
        log.warn(
          { err: error },
          'images of an earlier version are not all found by their metadata: the next start goes on',
        ),
      );
    },
    drain: (deadline) => {
      stopping.abort();
      return supervisor.drain(deadline);
    },
    close: async () => {
      await Promise.all([indexing, room.stop(), retention.stop()]);
      await store.close();
      for (const release of unlock) release();
    },
    kill: () => supervisor.kill(),
    replaceWorkers: () => supervisor.replaceWorkers(),
  };
}
