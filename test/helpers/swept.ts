import { type Swept, sweep } from '../../server/upkeep/sweep.ts';
import { PostgresJobStore } from '../../shared/jobs/postgres/postgres-job-store.ts';
import { connect } from '../../shared/postgres/connect.ts';
import { S3Storage } from '../../shared/storage/s3/s3-storage.ts';
import { S3Url } from '../../shared/storage/s3/s3-url.ts';
import type { Cluster } from './cluster.ts';
import { endedJobs } from './cluster-aftermath.ts';
import { NO_QUEUE } from './no-queue.ts';
import { openRecords } from './open-records.ts';
import { recordingLog } from './recording-log.ts';

/** When no job waits or runs any more, sweeps the bucket as nodes do, but at once. @returns what was there */
export async function sweptOf(cluster: Cluster): Promise<Swept> {
  const { server, bucket, database } = cluster;
  await endedJobs(cluster);
  const store = new PostgresJobStore(await openRecords(connect(database, 2)), 'sweeper', NO_QUEUE);
  const storage = await S3Storage.open(S3Url.parse(server.urlOf(bucket)), recordingLog().log);
  try {
    return await sweep(store, storage, 0, new AbortController().signal);
  } finally {
    storage.close();
    await store.close();
  }
}
