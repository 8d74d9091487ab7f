import { randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import type { Tables } from '../../../../shared/jobs/tables.ts';
import { PostgresJobStore } from '../../../../shared/jobs/postgres/postgres-job-store.ts';
import { connect } from '../../../../shared/postgres/connect.ts';
import { Sessions } from '../../../../shared/postgres/sessions.ts';
import { newUpload } from '../../../helpers/job-records.ts';
import { NO_QUEUE } from '../../../helpers/no-queue.ts';
import { copyOf } from '../../../helpers/postgres-server.ts';
import { sharedServer } from '../../../helpers/shared-servers.ts';

const Answer = z.object({ granted: z.array(z.object({ room: z.boolean() })) });

/** A database in which one node is alive, with so many workers, and one upload is accepted. */
async function oneNode(slots: number) {
  const url = await copyOf(await sharedServer('migrated'));
  const pool = new Pool({ connectionString: url, max: 2 });
  onTestFinished(() => pool.end());
  const store = new PostgresJobStore(new Sessions<Tables>(connect(url, 1)), 'test', NO_QUEUE);
  onTestFinished(() => store.close());
  const { job } = newUpload();
  const node = randomUUID();
  return { pool, node, job };
}
