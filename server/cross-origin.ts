import type { Context, MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';

/** How long a browser keeps what it was allowed, in seconds: Chromium keeps it no longer than two hours. */
const KEPT_S = 7200;

/** Lets the scripts of these origins send uploads and read answers, as the Fetch standard has it; no other script may. */
export function crossOrigin(origins: readonly string[]): MiddlewareHandler {
  const answers = cors({
    origin: [...origins],
    allowMethods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    allowHeaders: [
      'authorization',
      'content-digest',
      'content-type',
      'idempotency-key',
      'last-event-id',
      'prefer',
      'repr-digest',
      'tus-resumable',
      'upload-checksum',
      'x-http-method-override',
      'upload-length',
      'upload-metadata',
      'upload-offset',
      'x-request-id',
    ],
    exposeHeaders: [
      'darkroom-image',
      'idempotent-replayed',
      'location',
      'preference-applied',
      'ratelimit',
      'ratelimit-policy',
      'retry-after',
      'tus-checksum-algorithm',
      'tus-extension',
      'tus-max-size',
      'tus-resumable',
      'tus-version',
      'upload-expires',
      'upload-length',
      'upload-metadata',
      'upload-offset',
      'x-request-id',
    ],
    maxAge: KEPT_S,
  });
  return (c, next) => (isForTheRoute(c) ? next() : answers(c, next));
}

/** Not what a browser asks before it sends what a script wants: tus has an OPTIONS of its own. */
const isForTheRoute = ({ req }: Context): boolean =>
  req.method === 'OPTIONS' && req.header('access-control-request-method') === undefined;
