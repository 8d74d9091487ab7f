import { randomUUID } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { RequestId, TraceParent } from '../shared/domain/ids.ts';
import { requestSeconds, requestsTotal } from '../shared/telemetry/metrics.ts';
import { withinSpan } from '../shared/telemetry/tracing.ts';
import { rateLimitFields } from './access/rate-limits.ts';
import { Problem } from './problem.ts';
import type { AppEnv, ProbeParts } from './routes/context.ts';

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

/** Asked for all the time, and never a part of anything. */
const UNTRACED = new Set(['/livez', '/readyz', '/metrics']);

/**
 * Gives each request its id, its log and its span, and each answer what every answer has; counts it, and writes one line when it
 * is answered.
 */
export function requestScope(parts: ProbeParts): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const begin = performance.now();
    const given = RequestId.safeParse(c.req.header('x-request-id'));
    const requestId = given.success ? given.data : randomUUID();
    c.set('requestId', requestId);
    c.set('log', parts.log.child({ requestId }));
    c.set('access', parts.access);
    c.set('allowance', null);
    c.set('client', parts.access.clientAddress(parts.peerOf(c), c.req.header('x-forwarded-for')));
    await traced(c, requestId, async () => {
      await next();
      c.header('x-request-id', requestId);
      for (const [name, value] of ON_EVERY_ANSWER) if (!c.res.headers.has(name)) c.header(name, value);
      const allowance = c.get('allowance');
      if (allowance) for (const [name, value] of rateLimitFields(allowance)) c.header(name, value);
      // Whoever keeps it would ask here again just when it is cut; and it would keep the server from ending.
      if (parts.isDraining()) c.header('connection', 'close');
      tell(c, performance.now() - begin);
    });
  };
}

/** A span of the trace that the caller names, or of a new one. */
async function traced(c: Context<AppEnv>, requestId: string, work: () => Promise<void>): Promise<void> {
  const { method, path } = c.req;
  if (UNTRACED.has(path)) return work();
  const parent = TraceParent.safeParse(c.req.header('traceparent'));
  const attributes = { 'http.request.method': method, 'url.path': path, 'darkroom.request_id': requestId };
  await withinSpan(
    { name: method, kind: 'server', parent: parent.data ?? null, attributes },
    async (span) => {
      await work();
      const { status } = c.res;
      const route = routeOf(c);
      span({
        name: `${method} ${route}`,
        attributes: {
          'http.route': route,
          'http.response.status_code': status,
          ...problemOf(c, 'error.type'),
        },
        failed: status >= 500,
      });
    },
  );
}

/** Known by heart, so that nobody makes names of theirs a label. */
const COUNTED_METHODS = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'OPTIONS']);

function tell(c: Context<AppEnv>, ms: number): void {
  const { method, path } = c.req;
  const { status } = c.res;
  const route = routeOf(c);
  requestsTotal.inc({ method: COUNTED_METHODS.has(method) ? method : 'other', route, status });
  requestSeconds.observe({ route }, ms / 1000);
  const client = c.get('client');
  const rounded = Math.round(ms * 10) / 10;
  c.get('log').info({ method, path, status, ...problemOf(c, 'problem'), ms: rounded, client }, 'request');
}

const routeOf = (c: Context): string =>
  matchedRoutes(c).findLast(({ path }) => !path.includes('*'))?.path ?? 'none';

/** The code of a refusal, under that name. */
const problemOf = (c: Context, name: string): Record<string, string> =>
  c.error instanceof Problem ? { [name]: c.error.code } : {};
