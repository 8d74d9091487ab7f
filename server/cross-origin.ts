import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';

/** How long a browser keeps what it was allowed, in seconds: Chromium keeps it no longer than two hours. */
const KEPT_S = 7200;

/** Lets the scripts of these origins send uploads and read answers, as the Fetch standard has it; no other script may. */
export function crossOrigin(origins: readonly string[]): MiddlewareHandler {
  return cors({
    origin: [...origins],
    allowMethods: ['GET', 'HEAD', 'POST', 'DELETE'],
    allowHeaders: [
      'authorization',
      'content-digest',
      'content-type',
      'idempotency-key',
      'last-event-id',
      'prefer',
      'repr-digest',
      'x-request-id',
    ],
    exposeHeaders: [
      'idempotent-replayed',
      'location',
      'preference-applied',
      'ratelimit',
      'ratelimit-policy',
      'retry-after',
      'x-request-id',
    ],
    maxAge: KEPT_S,
  });
}
