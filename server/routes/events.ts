import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { JobId } from '../../shared/domain/ids.ts';
import { AnyEvent } from '../contract/event-answers.ts';
import { documents, type Operation, query } from '../contract/operation.ts';
import { type EventBody, followJob, followJobs } from '../operations/follow-events.ts';
import { Problem } from '../problem.ts';
import type { AppEnv, Parts } from './context.ts';
import { needs } from './needs.ts';

const EVENT_STREAM = 'text/event-stream';

/** A number that an event has had; what is none is as if it were not there. */
const LastEventId = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number)
  .catch(-1);

const HEADERS = z.object({
  'last-event-id': z.string().optional().describe('The last `id` that was received: it goes on from there'),
});

const EventsQuery = z.object({
  tenant: z.literal('*').optional().describe('All tenants, for the scope `admin`'),
});

const FOLLOW_JOB: Operation = {
  id: 'followJob',
  summary: 'The events of a job, until it has ended',
  description:
    'First an event `job` with its present state, then one for each change of it, and between them `step` for what its worker does. ' +
    'The stream ends after the last one.',
  headers: HEADERS,
  answers: {
    200: { description: 'Server-sent events', body: AnyEvent, mediaType: EVENT_STREAM },
    204: {
      description: 'It has ended, and the client has seen that: there is nothing more to come for',
      body: [],
    },
  },
  problems: ['not_found', 'too_many_streams', 'draining'],
};

const FOLLOW_ALL: Operation = {
  id: 'followJobs',
  summary: 'The events of all jobs, as they come',
  description:
    'Each change of a job of the tenant. With `Last-Event-ID` first what has changed since, each job by its last change; where that is ' +
    'too much, or of another database, an event `reset`. An event may come twice, and never not at all.',
  headers: HEADERS,
  answers: { 200: { description: 'Server-sent events', body: AnyEvent, mediaType: EVENT_STREAM } },
  problems: ['bad_parameter', 'too_many_streams', 'draining'],
};

export function eventRoutes({ store, events, cut }: Parts) {
  return new Hono<AppEnv>()
    .get('/jobs/:id/events', needs('read'), documents(FOLLOW_JOB), async (c) => {
      const id = JobId.safeParse(c.req.param('id'));
      const job = { id: id.data, tenant: c.get('caller').tenant };
      const body = isAsked(job) ? await followJob(events, store, job, seenBy(c), () => cut(c)) : null;
      if (body === null) throw new Problem('not_found', 'There is no job with this id.');
      return body === 'over' ? c.body(null, 204, NOT_KEPT) : streamed(c, body);
    })
    .get(
      '/events',
      needs('read'),
      documents(FOLLOW_ALL),
      query(EventsQuery, { tenant: '* for all' }),
      async (c) => {
        const { tenant, scopes } = c.get('caller');
        const wantsAll = c.req.valid('query').tenant === '*';
        if (wantsAll && !scopes.has('admin'))
          throw new Problem('not_allowed', 'All tenants need the scope "admin".');
        const topic = wantsAll ? 'all' : { tenant };
        return streamed(c, await followJobs(events, store, topic, tenant, seenBy(c), () => cut(c)));
      },
    );
}

const NOT_KEPT = { 'cache-control': 'no-store' };

const isAsked = <T extends { id: JobId | undefined }>(job: T): job is T & { id: JobId } =>
  job.id !== undefined;

function seenBy(c: Context): number | null {
  const seen = LastEventId.parse(c.req.header('last-event-id') ?? '');
  return seen < 0 ? null : seen;
}

/** Nothing on the way may keep, gather or compress it; and the connection is of no other use. */
const AS_STREAM = {
  ...NOT_KEPT,
  'content-type': EVENT_STREAM,
  'x-accel-buffering': 'no',
  connection: 'close',
};

function streamed(c: Context, body: EventBody) {
  // Nobody would read it.
  if (c.req.method !== 'HEAD') return c.body(body, 200, AS_STREAM);
  void body.cancel();
  return c.body(null, 200, AS_STREAM);
}
