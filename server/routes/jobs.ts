import { Hono } from 'hono';
import { z } from 'zod';
import { JobId } from '../../shared/domain/ids.ts';
import { JOB_STATES, JobState } from '../../shared/domain/job.ts';
import type { JobCursor } from '../../shared/jobs/job-store.ts';
import { Problem } from '../problem.ts';
import type { AppEnv, Parts } from './context.ts';
import { describeJob, describeRun } from './representations.ts';

const MOST_JOBS_A_PAGE = 200;

/** Opaque to clients: where the next page begins. */
const Cursor = z.string().transform((text, context): JobCursor => {
  const [createdAt, id] = Buffer.from(text, 'base64url').toString().split(' ');
  const parsed = z.object({ createdAt: z.coerce.number().int(), id: JobId }).safeParse({ createdAt, id });
  if (parsed.success) return parsed.data;
  context.addIssue({ code: 'custom', message: 'the "next" of an earlier page' });
  return z.NEVER;
});

const JobsQuery = z.object({
  status: JobState.optional(),
  cursor: Cursor.optional(),
  limit: z.coerce.number().int().min(1).max(MOST_JOBS_A_PAGE).default(50),
});

const ALLOWED: Record<string, string> = {
  status: JOB_STATES.join(', '),
  cursor: 'the "next" of an earlier page',
  limit: `a whole number from 1 to ${MOST_JOBS_A_PAGE}`,
};

export function jobRoutes({ store }: Parts): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/jobs/:id', async (c) => {
      const id = JobId.safeParse(c.req.param('id'));
      const found = id.success ? await store.findJob(id.data) : null;
      if (!found) throw new Problem('not_found', 'There is no job with this id.');
      c.header('cache-control', 'no-store');
      return c.json({ ...describeJob(found.job), runs: found.runs.map(describeRun) });
    })
    .get('/jobs', async (c) => {
      const query = JobsQuery.safeParse(c.req.query());
      if (!query.success) {
        const name = String(query.error.issues[0]?.path[0]);
        throw new Problem('bad_parameter', `The parameter "${name}" takes ${ALLOWED[name]}.`);
      }
      const { status, cursor, limit } = query.data;
      const page = await store.listJobs({
        limit,
        ...(status && { status }),
        ...(cursor && { after: cursor }),
      });
      c.header('cache-control', 'no-store');
      return c.json({ jobs: page.jobs.map(describeJob), next: page.next && cursorText(page.next) });
    });
}

function cursorText({ createdAt, id }: JobCursor): string {
  return Buffer.from(`${createdAt} ${id}`).toString('base64url');
}
