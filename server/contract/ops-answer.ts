import { z } from 'zod';
import { ImageId, JobId, RunId } from '../../shared/domain/ids.ts';
import { StepName } from '../../shared/protocol.ts';
import { WORKER_STATES } from '../../shared/queue/hand-off.ts';
import { Time } from './values.ts';

const Count = z.int().min(0);

const WaitingJobs = z.object({
  jobs: Count,
  oldestSeconds: z.number().min(0).describe('How long the first of them has waited; 0: none waits'),
});

/** What came and went within so many seconds. */
export const Lapse = z.object({
  at: Time.describe('When it began'),
  seconds: z.number().min(0),
  accepted: Count.describe('Uploads'),
  refused: Count.describe('Uploads, for whatever reason'),
  succeeded: Count.describe('Runs'),
  failed: Count.describe('Runs that ended otherwise'),
  waits: Count.describe('Uploads that have asked for a worker'),
  waitMs: z.number().min(0).describe('What these have waited for it, in the mean'),
  runMs: z.number().min(0).describe('What the runs took in their workers, in the mean'),
});
export type Lapse = z.infer<typeof Lapse>;

const WorkerAnswer = z.object({
  pid: z.int(),
  state: z.enum(WORKER_STATES),
  ageSeconds: z.number().min(0),
  runs: Count.describe('That it has had'),
  rssBytes: Count.describe('Of its last heartbeat; 0 before the first'),
  run: z
    .object({
      id: RunId,
      jobId: JobId,
      imageId: ImageId,
      ms: Count.describe('Since it was handed over'),
      step: StepName.nullable().describe('As the worker says; null: it has not said'),
    })
    .nullable(),
});

export const OpsState = z
  .object({
    node: z.string().nullable().describe('Its name among those that share the stores; null: it is alone'),
    role: z.enum(['all', 'api', 'worker']),
    at: Time,
    startedAt: Time,
    ready: z.boolean(),
    reason: z.string().nullable().describe('Why it is not ready'),
    rssBytes: Count.describe('Of the service itself'),
    workers: z
      .object({
        atOnce: Count.describe('Runs that can go on at the same time; one process more is kept, the spare'),
        ready: Count,
        idle: Count,
        running: Count,
        isBreakerOpen: z.boolean().describe('Workers die at boot, and no more are started'),
        processes: z.array(WorkerAnswer),
      })
      .nullable()
      .describe('Null: this node has none'),
    waiting: z
      .object({ upload: WaitingJobs, batch: WaitingJobs })
      .nullable()
      .describe('Accepted jobs that wait, of all nodes; null: the records do not answer'),
    lapses: z.array(Lapse).max(31).describe('The last five minutes of this process, from the eldest'),
  })
  .meta({ id: 'OpsState', description: 'What this process is at.' });
export type OpsState = z.infer<typeof OpsState>;
