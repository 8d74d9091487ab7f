import { connect } from '../../shared/postgres/connect.ts';
import { BossQueue } from '../../shared/queue/postgres/boss-queue.ts';
import { prepareDatabase } from '../../shared/queue/postgres/prepare-database.ts';
import { newDatabase } from './postgres-server.ts';
import { recordingLog } from './recording-log.ts';
import { type SharedServer, sharedServer } from './shared-servers.ts';

/** A database as a node finds it that is not the first: one that starts on a copy of it has no tables to make, which takes a second. */
export async function migratedDatabase(): Promise<SharedServer> {
  const url = await newDatabase(await sharedServer('postgres'));
  await prepareDatabase(url);
  const pool = connect(url, 2);
  const queue = await BossQueue.open(pool, false, () => {}, recordingLog().log, Date);
  await queue.close();
  await pool.end();
  // It ends with its server.
  return { url, [Symbol.asyncDispose]: async () => {} };
}
