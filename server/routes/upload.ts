import { Hono } from 'hono';
import { z } from 'zod';
import { stateWithin } from '../intake/await-end.ts';
import { draining } from '../intake/no-room.ts';
import { Problem } from '../problem.ts';
import type { AppEnv, Parts } from './context.ts';
import { needs } from './needs.ts';

/** `batch`: of an importer, that can wait. */
const Lane = z.enum(['interactive', 'batch']).default('interactive');

/** The longest that `Prefer: wait` is followed, in seconds. */
export const MOST_WAIT_SECONDS = 60;

export function uploadRoutes(parts: Parts): Hono<AppEnv> {
  return new Hono<AppEnv>().post('/upload', needs('upload or a ticket'), async (c) => {
    if (parts.isClosing()) throw draining();
    const { job, isRepeated } = await parts.intake.accept(
      {
        contentType: c.req.header('content-type'),
        contentLength: declaredBytes(c.req.header('content-length')),
        body: () => parts.bodyOf(c),
        query: new Map(Object.entries(c.req.query())),
        digests: {
          contentDigest: c.req.header('content-digest'),
          reprDigest: c.req.header('repr-digest'),
        },
        idempotencyKey: c.req.header('idempotency-key'),
        tenant: c.get('caller').tenant,
        isBatch: laneOf(c.req.query('lane')) === 'batch',
        ticket: c.get('ticket'),
      },
      c.get('requestId'),
      c.get('log'),
    );

    let status = job.state;
    const seconds = preferredWait(c.req.header('prefer'));
    if (seconds !== null) {
      status = (await stateWithin(job.id, seconds * 1000, parts.watch, parts.store)) ?? status;
      c.header('preference-applied', `wait=${seconds}`);
    }
    if (isRepeated) c.header('idempotent-replayed', 'true');
    c.header('location', `/images/${job.imageId}`);
    c.header('cache-control', 'no-store');
    const links = { self: `/images/${job.imageId}`, job: `/jobs/${job.id}` };
    return c.json({ id: job.imageId, status, links });
  });
}

/** The seconds of `wait` in a `Prefer` header (RFC 7240, section 4.3); null where there is none. */
export function preferredWait(prefer: string | undefined): number | null {
  const found = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec(prefer ?? '');
  return found?.[1] === undefined ? null : Math.min(Number(found[1]), MOST_WAIT_SECONDS);
}

/** Undefined: it has not said so, or not in a number. */
const declaredBytes = (length: string | undefined): number | undefined =>
  length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined;

function laneOf(given: string | undefined): z.infer<typeof Lane> {
  const lane = Lane.safeParse(given);
  if (lane.success) return lane.data;
  throw new Problem('bad_parameter', 'The parameter "lane" of the URL takes "interactive" or "batch".');
}
