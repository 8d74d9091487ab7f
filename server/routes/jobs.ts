import { Hono } from 'hono';
import { z } from 'zod';
import { JobId } from '../../shared/domain/ids.ts';
import { JOB_STATES, JobState } from '../../shared/domain/job.ts';
import { JobPage, JobWithRunsAnswer } from '../contract/answers.ts';
import { documents, type Operation, query } from '../contract/operation.ts';
import { retryJob } from '../operations/retry-job.ts';
import { cursorOf, cursorText, Limit } from '../page.ts';
import { Problem } from '../problem.ts';
import type { AppEnv, Parts } from './context.ts';
import { needs } from './needs.ts';
import { describeJob, describeRun } from './representations.ts';

const JobsQuery = z.object({
  status: JobState.optional(),
  cursor: cursorOf(z.object({ createdAt: z.int(), id: JobId })).optional(),
  limit: Limit,
});
const JOBS_TAKE = { status: JOB_STATES.join(', ') };

const READ: Operation = {
  id: 'readJob',
  summary: 'A job, with its runs',
  answers: { 200: { description: 'As it is now', body: JobWithRunsAnswer } },
  problems: ['not_found'],
};

const RETRY: Operation = {
  id: 'retryJob',
  summary: 'Runs a failed or quarantined job again',
  answers: { 202: { description: 'It is queued', body: JobWithRunsAnswer } },
  problems: ['not_found', 'not_ended', 'superseded', 'deleted', 'original_not_kept'],
};

const LIST: Operation = {
  id: 'listJobs',
  summary: 'Jobs, from the newest to the oldest',
  answers: { 200: { description: 'A page', body: JobPage } },
  problems: ['bad_parameter'],
};

export function jobRoutes({ store, storage, retries }: Parts) {
  return new Hono<AppEnv>()
    .get('/jobs/:id', needs('read'), documents(READ), async (c) => {
      const id = JobId.safeParse(c.req.param('id'));
      const found = id.success ? await store.findJob(id.data) : null;
      // Of another tenant's it is not even told that it is there.
      if (found?.tenant !== c.get('caller').tenant) throw noSuchJob();
      c.header('cache-control', 'no-store');
      return c.json({ ...describeJob(found.job), runs: found.runs.map(describeRun) });
    })
    .post('/jobs/:id/retry', needs('admin'), documents(RETRY), async (c) => {
      const id = JobId.safeParse(c.req.param('id'));
      const found = id.success ? await retryJob(id.data, store, storage, retries) : null;
      if (!found) throw noSuchJob();
      c.header('cache-control', 'no-store');
      return c.json({ ...describeJob(found.job), runs: found.runs.map(describeRun) }, 202);
    })
    .get('/jobs', needs('admin'), documents(LIST), query(JobsQuery, JOBS_TAKE), async (c) => {
      const { status, cursor, limit } = c.req.valid('query');
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
