import { randomUUID } from 'node:crypto';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { METHOD_NAME_ALL } from 'hono/router';
import type { RouterRoute } from 'hono/types';
import { RequestId } from '../shared/domain/ids.ts';
import { StoreError } from '../shared/errors.ts';
import type { Logger } from '../shared/telemetry/logger.ts';
import { requestSeconds, requestsTotal } from '../shared/telemetry/metrics.ts';
import { rateLimitFields } from './access/rate-limits.ts';
import { crossOrigin } from './cross-origin.ts';
import { Problem, problemResponse } from './problem.ts';
import type { AppEnv, Parts, ProbeParts } from './routes/context.ts';
import { contractRoutes } from './routes/contract.ts';
import { healthRoutes } from './routes/health.ts';
import { imageRoutes } from './routes/images.ts';
import { jobRoutes } from './routes/jobs.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { originalRoutes } from './routes/originals.ts';
import { quarantineRoutes } from './routes/quarantine.ts';
import { reprocessRoutes } from './routes/reprocess.ts';
import { ticketRoutes } from './routes/tickets.ts';
import { uploadRoutes } from './routes/upload.ts';
import { usageRoutes } from './routes/usage.ts';

/**
 * Hardly anything here is a page, and what is says so: a browser that takes another answer for one runs nothing of it, loads
 * nothing for it and shows it in no frame (CSP Level 3). Variants are for the pages of other origins, so embedding them is allowed.
 */
const ON_EVERY_ANSWER: [name: string, value: string][] = [
  ['x-content-type-options', 'nosniff'],
  [
    'content-security-policy',
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox",
  ],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-resource-policy', 'cross-origin'],
];

/** All routes; its type is what typed clients are made from. */
export function createApp(parts: Parts) {
  const app = new Hono<AppEnv>();
  app.use(requestScope(parts));
  if (parts.origins.length > 0) app.use(crossOrigin(parts.origins));
  const routed = app
    .route('/', uploadRoutes(parts))
    .route('/', ticketRoutes(parts))
    // Before variants: `original` is the name of none.
    .route('/', originalRoutes(parts))
    .route('/', imageRoutes(parts))
    .route('/', jobRoutes(parts))
    .route('/', quarantineRoutes(parts))
    .route('/', reprocessRoutes(parts))
    .route('/', usageRoutes(parts))
    .route('/', healthRoutes(parts))
    .route('/', metricsRoutes('admin'))
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
  const routed = app.route('/', healthRoutes(parts)).route('/', metricsRoutes('admin'));
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

/** Gives each request its id and its log, and each answer what every answer has; writes one line when it is answered. */
function requestScope(parts: ProbeParts): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const begin = performance.now();
    const given = RequestId.safeParse(c.req.header('x-request-id'));
    const requestId = given.success ? given.data : randomUUID();
    c.set('requestId', requestId);
    c.set('log', parts.log.child({ requestId }));
    c.set('access', parts.access);
    c.set('allowance', null);
    c.set('client', parts.access.clientAddress(parts.peerOf(c), c.req.header('x-forwarded-for')));
    await next();
    c.header('x-request-id', requestId);
    for (const [name, value] of ON_EVERY_ANSWER) if (!c.res.headers.has(name)) c.header(name, value);
    const allowance = c.get('allowance');
    if (allowance) for (const [name, value] of rateLimitFields(allowance)) c.header(name, value);
    // A kept connection would keep the server from ending.
    if (parts.isClosing()) c.header('connection', 'close');
    const { method, path } = c.req;
    measure(c, performance.now() - begin);
    const ms = Math.round((performance.now() - begin) * 10) / 10;
    c.get('log').info({ method, path, status: c.res.status, ms, client: c.get('client') }, 'request');
  };
}

/** Known by heart, so that nobody makes names of theirs a label. */
const COUNTED_METHODS = new Set(['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS']);

function measure(c: Context<AppEnv>, ms: number): void {
  const route = matchedRoutes(c).findLast(({ path }) => !path.includes('*'))?.path ?? 'none';
  const method = COUNTED_METHODS.has(c.req.method) ? c.req.method : 'other';
  requestsTotal.inc({ method, route, status: c.res.status });
  requestSeconds.observe({ route }, ms / 1000);
}

function toProblem(error: Error, log: Logger): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof StoreError) {
    log.error({ err: error }, 'a store failed');
    return error.code === 'storage_full'
      ? new Problem('disk_full', 'The disk is full: nothing was kept.')
      : new Problem('store_unavailable', 'Try again a little later.', { retryAfter: 5 });
  }
  log.error({ err: error }, 'request failed');
  return new Problem('internal', 'The fault is ours, and logged under the request id.');
}
