import { randomUUID } from 'node:crypto';
import { Hono, type MiddlewareHandler } from 'hono';
import { RequestId } from '../shared/domain/ids.ts';
import { StoreError } from '../shared/errors.ts';
import type { Logger } from '../shared/telemetry/logger.ts';
import { rateLimitFields } from './access/rate-limits.ts';
import { crossOrigin } from './cross-origin.ts';
import { Problem, problemResponse } from './problem.ts';
import type { AppEnv, Parts, ProbeParts } from './routes/context.ts';
import { healthRoutes } from './routes/health.ts';
import { imageRoutes } from './routes/images.ts';
import { jobRoutes } from './routes/jobs.ts';
import { quarantineRoutes } from './routes/quarantine.ts';
import { reprocessRoutes } from './routes/reprocess.ts';
import { ticketRoutes } from './routes/tickets.ts';
import { uploadRoutes } from './routes/upload.ts';

const PROBES: [path: string, allow: string][] = [
  ['/livez', 'GET, HEAD'],
  ['/readyz', 'GET, HEAD'],
];

/** The methods of each path, for 405 and its `Allow` (RFC 9110, section 15.5.6). */
const METHODS: [path: string, allow: string][] = [
  ['/upload', 'POST'],
  ['/tickets', 'POST'],
  ['/images/:id', 'GET, HEAD, DELETE'],
  ['/images/:id/similar', 'GET, HEAD'],
  ['/images/:id/:variant', 'GET, HEAD'],
  ['/jobs', 'GET, HEAD'],
  ['/jobs/:id', 'GET, HEAD'],
  ['/jobs/:id/retry', 'POST'],
  ['/quarantine', 'GET, HEAD'],
  ['/quarantine/:sha256', 'DELETE'],
  ['/reprocess', 'GET, HEAD, POST'],
  ...PROBES,
];

/**
 * Nothing here is a page: a browser that takes an answer for one runs nothing of it, loads nothing for it and shows it in no
 * frame (CSP Level 3). Variants are for the pages of other origins, so embedding them is allowed.
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

export function createApp(parts: Parts): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use(requestScope(parts));
  if (parts.origins.length > 0) app.use(crossOrigin(parts.origins));
  app.route('/', uploadRoutes(parts));
  app.route('/', ticketRoutes(parts));
  app.route('/', imageRoutes(parts));
  app.route('/', jobRoutes(parts));
  app.route('/', quarantineRoutes(parts));
  app.route('/', reprocessRoutes(parts));
  return finish(app, parts, METHODS);
}

/** For a node that takes no uploads: whether it is alive and ready. */
export function createProbes(parts: ProbeParts): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use(requestScope(parts));
  return finish(app, parts, PROBES);
}

function finish(app: Hono<AppEnv>, parts: ProbeParts, methods: typeof METHODS): Hono<AppEnv> {
  app.route('/', healthRoutes(parts));
  for (const [path, allow] of methods) {
    app.all(path, () => {
      throw new Problem('method_not_allowed', `Here it is ${allow}.`, { headers: { allow } });
    });
  }
  app.notFound((c) =>
    problemResponse(new Problem('not_found', 'There is nothing at this address.'), c.get('requestId')),
  );
  app.onError((error, c) => problemResponse(toProblem(error, c.get('log')), c.get('requestId')));
  return app;
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
    for (const [name, value] of ON_EVERY_ANSWER) c.header(name, value);
    const allowance = c.get('allowance');
    if (allowance) for (const [name, value] of rateLimitFields(allowance)) c.header(name, value);
    // A kept connection would keep the server from ending.
    if (parts.isClosing()) c.header('connection', 'close');
    const { method, path } = c.req;
    const ms = Math.round((performance.now() - begin) * 10) / 10;
    c.get('log').info({ method, path, status: c.res.status, ms, client: c.get('client') }, 'request');
  };
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
