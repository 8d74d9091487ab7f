import { Hono } from 'hono';
import type { AppEnv, Parts } from './context.ts';
import { needs } from './needs.ts';

/** `/livez`: the process answers. `/readyz`: it takes uploads; off while draining and while no worker is ready. */
export function healthRoutes({ readiness }: Parts): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/livez', needs('public'), (c) => c.json({ status: 'alive' }, 200, { 'cache-control': 'no-store' }))
    .get('/readyz', needs('public'), (c) => {
      const answer = readiness();
      return answer.ready
        ? c.json({ status: 'ready' }, 200, { 'cache-control': 'no-store' })
        : c.json({ status: 'not ready', reason: answer.reason }, 503, { 'cache-control': 'no-store' });
    });
}
