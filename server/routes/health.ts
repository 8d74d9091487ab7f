import { Hono } from 'hono';
import { z } from 'zod';
import { Liveness, Readiness } from '../contract/answers.ts';
import { documents, type Operation, query } from '../contract/operation.ts';
import type { AppEnv, ProbeParts } from './context.ts';
import { needs } from './needs.ts';

const NOT_KEPT = { 'cache-control': 'no-store' };

/** It is there or not, whatever its value, as in the probes of Kubernetes itself. */
const ReadinessQuery = z.object({ verbose: z.string().optional() });

const LIVE: Operation = {
  id: 'live',
  summary: 'Whether the process answers',
  answers: { 200: { description: 'It does', body: Liveness } },
  problems: [],
};

const READY: Operation = {
  id: 'ready',
  summary: 'Whether uploads, or work where it takes none, may come to it',
  answers: {
    200: { description: 'They may', body: Readiness },
    503: { description: 'They may not: it starts, drains, or has no worker', body: Readiness },
  },
  problems: [],
};

/**
 * `/livez`: the process answers. `/readyz`: it takes uploads; off while draining and while no worker is ready. With `verbose`
 * it tells of the workers as well: how many there are, and what they are kept apart by.
 */
export function healthRoutes({ readiness, inside }: ProbeParts) {
  return new Hono<AppEnv>()
    .get('/livez', needs('public'), documents(LIVE), (c) => c.json({ status: 'alive' }, 200, NOT_KEPT))
    .get('/readyz', needs('public'), documents(READY), query(ReadinessQuery), (c) => {
      const { verbose } = c.req.valid('query');
      const more = verbose === undefined ? {} : inside();
      const answer = readiness();
      return answer.ready
        ? c.json({ status: 'ready', ...more }, 200, NOT_KEPT)
        : c.json({ status: 'not ready', reason: answer.reason, ...more }, 503, NOT_KEPT);
    });
}
