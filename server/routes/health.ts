import { Hono } from 'hono';
import { z } from 'zod';
import { readQuery } from '../page.ts';
import type { AppEnv, ProbeParts } from './context.ts';
import { needs } from './needs.ts';

const NOT_KEPT = { 'cache-control': 'no-store' };

/** It is there or not, whatever its value, as in the probes of Kubernetes itself. */
const ReadinessQuery = z.object({ verbose: z.string().optional() });

/**
 * `/livez`: the process answers. `/readyz`: it takes uploads; off while draining and while no worker is ready. With `verbose`
 * it tells of the workers as well: how many there are, and what they are kept apart by.
 */
export function healthRoutes({ readiness, inside }: ProbeParts): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/livez', needs('public'), (c) => c.json({ status: 'alive' }, 200, NOT_KEPT))
    .get('/readyz', needs('public'), (c) => {
      const { verbose } = readQuery(ReadinessQuery, c.req.query());
      const more = verbose === undefined ? {} : inside();
      const answer = readiness();
      return answer.ready
        ? c.json({ status: 'ready', ...more }, 200, NOT_KEPT)
        : c.json({ status: 'not ready', reason: answer.reason, ...more }, 503, NOT_KEPT);
    });
}
