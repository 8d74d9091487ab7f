import { Hono } from 'hono';
import { METHOD_NAME_ALL } from 'hono/router';
import type { RouterRoute } from 'hono/types';
import { StoreError } from '../shared/errors.ts';
import type { Logger } from '../shared/telemetry/logger.ts';
import { crossOrigin } from './cross-origin.ts';
import { Problem, problemOf, problemResponse } from './problem.ts';
import { requestScope } from './request-scope.ts';
import type { AppEnv, Parts, ProbeParts } from './routes/context.ts';
import { contractRoutes } from './routes/contract.ts';
import { erasureRoutes } from './routes/erasures.ts';
import { eventRoutes } from './routes/events.ts';
import { fileRoutes } from './routes/files.ts';
import { healthRoutes } from './routes/health.ts';
import { imageListRoutes } from './routes/image-list.ts';
import { imageRoutes } from './routes/images.ts';
import { jobRoutes } from './routes/jobs.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { opsRoutes } from './routes/ops.ts';
import { originalRoutes } from './routes/originals.ts';
import { quarantineRoutes } from './routes/quarantine.ts';
import { reprocessRoutes } from './routes/reprocess.ts';
import { ticketRoutes } from './routes/tickets.ts';
import { uploadRoutes } from './routes/upload.ts';
import { usageRoutes } from './routes/usage.ts';
import { webRoutes } from './routes/web.ts';
import { webhookRoutes } from './routes/webhooks.ts';

/** All routes; its type is what typed clients are made from. */
export function createApp(parts: Parts) {
  const app = new Hono<AppEnv>();
  app.use(requestScope(parts));
  if (parts.origins.length > 0) app.use(crossOrigin(parts.origins));
  const routed = app
    .route('/', uploadRoutes(parts))
    .route('/', fileRoutes(parts))
    .route('/', ticketRoutes(parts))
    .route('/', imageListRoutes(parts))
    // Before variants: `original` is the name of none.
    .route('/', originalRoutes(parts))
    .route('/', imageRoutes(parts))
    .route('/', jobRoutes(parts))
    .route('/', eventRoutes(parts))
    .route('/', quarantineRoutes(parts))
    .route('/', reprocessRoutes(parts))
    .route('/', erasureRoutes(parts))
    .route('/', usageRoutes(parts))
    .route('/', webRoutes(parts))
    .route('/', webhookRoutes(parts))
    .route('/', healthRoutes(parts))
    .route('/', metricsRoutes('admin'))
    .route('/', opsRoutes(parts))
    .route(
      '/',
      contractRoutes(() => app.routes),
    );
  finish(routed);
  return routed;
}

/** For a node that takes no uploads: whether it is alive and ready. */
export function createProbes(parts: ProbeParts) {
  const app = new Hono<AppEnv>();
  app.use(requestScope(parts));
  const routed = app
    .route('/', healthRoutes(parts))
    .route('/', metricsRoutes('admin'))
    .route('/', opsRoutes(parts));
  finish(routed);
  return routed;
}

/** For a port that Prometheus alone reaches. */
export function createMetrics(parts: ProbeParts) {
  const app = new Hono<AppEnv>();
  app.use(requestScope(parts));
  const routed = app.route('/', metricsRoutes('public'));
  finish(routed);
  return routed;
}

/** What is no route gets a refusal, and so does what fails. */
function finish(app: Hono<AppEnv>): void {
  for (const [path, allow] of allowedMethods(app.routes)) {
    app.all(path, () => {
      throw new Problem('method_not_allowed', `Here it is ${allow}.`, { headers: { allow } });
    });
  }
  app.notFound((c) =>
    problemResponse(new Problem('not_found', 'There is nothing at this address.'), c.get('requestId')),
  );
  app.onError((error, c) => problemResponse(toProblem(error, c.get('log')), c.get('requestId')));
}

/** The methods of each path, for 405 and its `Allow` (RFC 9110, section 15.5.6). */
function allowedMethods(routes: RouterRoute[]): Map<string, string> {
  const methods = new Map<string, Set<string>>();
  for (const { path, method } of routes) {
    if (method === METHOD_NAME_ALL) continue;
    const known = methods.get(path) ?? new Set();
    methods.set(path, known.add(method));
    if (method === 'GET') known.add('HEAD');
  }
  return new Map([...methods].map(([path, known]) => [path, [...known].join(', ')]));
}

function toProblem(error: Error, log: Logger): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof StoreError) {
    log.error({ err: error }, 'a store failed');
    return problemOf(error);
  }
  log.error({ err: error }, 'request failed');
  return new Problem('internal', 'The fault is ours, and logged under the request id.');
}
