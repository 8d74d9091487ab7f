import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { stateWithin } from '../intake/await-end.ts';
import type { Answer } from '../intake/intake.ts';
import { draining } from '../intake/no-room.ts';
import { completeUpload } from '../operations/complete-upload.ts';
import { Problem } from '../problem.ts';
import type { AppEnv, Parts } from './context.ts';
import { needs } from './needs.ts';

/** `batch`: of an importer, that can wait. */
const Lane = z.enum(['interactive', 'batch']).default('interactive');

/** The longest that `Prefer: wait` is followed, in seconds. */
export const MOST_WAIT_SECONDS = 60;

/** An image is sent to `/upload`, or was put into the bucket, as its ticket says, and is told of here. */
export function uploadRoutes(parts: Parts): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .post('/upload', needs('upload or a ticket'), async (c) => {
      if (parts.isClosing()) throw draining();
      const answer = await parts.intake.accept(
        {
          contentType: c.req.header('content-type'),
          contentLength: declaredBytes(c.req.header('content-length')),
          body: () => parts.bodyOf(c),
          isStored: false,
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
      return answered(c, parts, answer);
    })
    .post('/uploads/:id/complete', needs('upload or a ticket'), async (c) => {
      if (parts.isClosing()) throw draining();
      const answer = await completeUpload(
        c.req.param('id'),
        { caller: c.get('caller'), ticket: c.get('ticket') },
        new Map(Object.entries(c.req.query())),
        laneOf(c.req.query('lane')) === 'batch',
        parts.direct,
        parts.intake,
        c.get('requestId'),
        c.get('log'),
      );
      return answered(c, parts, answer);
    });
}

/** Where it is asked to, it waits for the end of the job. */
async function answered(
  c: Context<AppEnv>,
  { watch, store }: Parts,
  { job, isRepeated }: Answer,
): Promise<Response> {
  let status = job.state;
  const seconds = preferredWait(c.req.header('prefer'));
  if (seconds !== null) {
    status = (await stateWithin(job.id, seconds * 1000, watch, store)) ?? status;
    c.header('preference-applied', `wait=${seconds}`);
  }
  if (isRepeated) c.header('idempotent-replayed', 'true');
  c.header('location', `/images/${job.imageId}`);
  c.header('cache-control', 'no-store');
  const links = { self: `/images/${job.imageId}`, job: `/jobs/${job.id}` };
  return c.json({ id: job.imageId, status, links });
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
