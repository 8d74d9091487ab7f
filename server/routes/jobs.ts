import { Hono } from 'hono';
import { z } from 'zod';
import { JobId } from '../../shared/domain/ids.ts';
import { JOB_STATES, JobState } from '../../shared/domain/job.ts';
import { retryJob } from '../operations/retry-job.ts';
import { cursorOf, cursorText, Limit, readQuery } from '../page.ts';
import { Problem } from '../problem.ts';
import type { AppEnv, Parts } from './context.ts';
import { needs } from './needs.ts';
import { describeJob, describeRun } from './representations.ts';

const JobsQuery = z.object({
  status: JobState.optional(),
  cursor: cursorOf(z.object({ createdAt: z.int(), id: JobId })).optional(),
  limit: Limit,
});

export function jobRoutes({ store, storage, retries }: Parts): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/jobs/:id', needs('read'), async (c) => {
      const id = JobId.safeParse(c.req.param('id'));
      const found = id.success ? await store.findJob(id.data) : null;
      // Of another tenant's it is not even told that it is there.
      if (found?.tenant !== c.get('caller').tenant) throw noSuchJob();
      c.header('cache-control', 'no-store');
      return c.json({ ...describeJob(found.job), runs: found.runs.map(describeRun) });
    })
    .post('/jobs/:id/retry', needs('admin'), async (c) => {
      const id = JobId.safeParse(c.req.param('id'));
      const found = id.success ? await retryJob(id.data, store, storage, retries) : null;
      if (!found) throw noSuchJob();
      c.header('cache-control', 'no-store');
      return c.json({ ...describeJob(found.job), runs: found.runs.map(describeRun) }, 202);
    })
    .get('/jobs', needs('admin'), async (c) => {
      const query = readQuery(JobsQuery, c.req.query(), { status: JOB_STATES.join(', ') });
      const { status, cursor, limit } = query;
      const page = await store.listJobs({
        limit,
        ...(status && { status }),
        ...(cursor && { after: cursor }),
      });
      c.header('cache-control', 'no-store');
      return c.json({ jobs: page.jobs.map(describeJob), next: cursorText(page.next) });
    });
}

const noSuchJob = () => new Problem('not_found', 'There is no job with this id.');
