import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { UploadAnswer } from '../contract/answers.ts';
import { documents, type Operation, query } from '../contract/operation.ts';
import { stateWithin } from '../intake/await-end.ts';
import { declaredBytes } from '../intake/declared-bytes.ts';
import type { Answer } from '../intake/intake.ts';
import { draining } from '../intake/no-room.ts';
import { completeUpload } from '../operations/complete-upload.ts';
import type { AppEnv, Parts } from './context.ts';
import { needs } from './needs.ts';

const TEXTS = {
  preset: z.string().optional().describe('The name of a preset'),
  metadata: z.string().optional().describe('A JSON object that is kept with the image'),
  focus: z.string().optional().describe('What matters in it, as "x,y" from 0 (left, top) to 1'),
  expires: z
    .string()
    .optional()
    .describe('When it is deleted: whole seconds from now, or a time of RFC 3339; by default `EXPIRE_AFTER`'),
};

/** `batch`: of an importer, that can wait. Those of a form may stand here as well; what reads a form reads them. */
const UploadQuery = z.object({
  lane: z
    .enum(['interactive', 'batch'])
    .default('interactive')
    .describe('`batch`: it comes after all that somebody waits for'),
  ...TEXTS,
});
const UPLOAD_TAKES = { lane: '"interactive" or "batch"' };

/** The longest that `Prefer: wait` is followed, in seconds. */
export const MOST_WAIT_SECONDS = 60;

const File = z.string().meta({ format: 'binary' });

/** Refusals of what is accepted, however it came. */
export const OF_PICTURES = [
  'bad_parameter',
  'bad_ticket',
  'quota_exceeded',
  'key_in_flight',
  'too_many_bytes',
  'unsupported_format',
  'damaged_header',
  'too_many_pixels',
  'too_many_frames',
  'too_much_memory',
  'quarantined',
  'unknown_preset',
  'no_worker',
  'too_many_uploads',
  'draining',
  'disk_full',
] as const;

const ACCEPTED = {
  200: {
    description: 'It is kept, whatever happens from now on',
    body: UploadAnswer,
    headers: z.object({
      location: z.string().describe('Of the image'),
      'idempotent-replayed': z.literal('true').optional(),
      'preference-applied': z.string().optional(),
    }),
  },
};

const UPLOAD: Operation = {
  id: 'upload',
  summary: 'Takes a picture',
  description: 'As a form with the picture in `image`, or as the bytes alone, with parameters in the query.',
  headers: z.object({
    prefer: z
      .string()
      .optional()
      .describe('`wait=10`: answer when the variants are there, or after so many seconds'),
    'idempotency-key': z.string().min(1).max(257).optional(),
    'content-digest': z.string().optional(),
    'repr-digest': z.string().optional(),
  }),
  body: {
    'multipart/form-data': z.object({ image: File, ...TEXTS }),
    'image/*': null,
  },
  answers: ACCEPTED,
  problems: [
    ...OF_PICTURES,
    'ticket_used',
    'digest_mismatch',
    'key_reused',
    'malformed_request',
    'no_image',
    'too_many_images',
    'upload_too_slow',
  ],
};

const COMPLETE: Operation = {
  id: 'completeUpload',
  summary: 'Takes the picture that a direct ticket has let somebody put into the bucket',
  headers: z.object({ prefer: z.string().optional() }),
  answers: ACCEPTED,
  problems: [...OF_PICTURES, 'no_image', 'not_found'],
};

/** An image is sent to `/upload`, or was put into the bucket, as its ticket says, and is told of here. */
export function uploadRoutes(parts: Parts) {
  return new Hono<AppEnv>()
    .post(
      '/upload',
      needs('upload or a ticket'),
      documents(UPLOAD),
      query(UploadQuery, UPLOAD_TAKES),
      async (c) => {
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
            isBatch: c.req.valid('query').lane === 'batch',
            ticket: c.get('ticket'),
          },
          c.get('requestId'),
          c.get('log'),
        );
        return answered(c, parts, answer);
      },
    )
    .post(
      '/uploads/:id/complete',
      needs('upload or a ticket'),
      documents(COMPLETE),
      query(UploadQuery, UPLOAD_TAKES),
      async (c) => {
        if (parts.isClosing()) throw draining();
        const answer = await completeUpload(
          c.req.param('id'),
          { caller: c.get('caller'), ticket: c.get('ticket') },
          new Map(Object.entries(c.req.query())),
          c.req.valid('query').lane === 'batch',
          parts.direct,
          parts.intake,
          c.get('requestId'),
          c.get('log'),
        );
        return answered(c, parts, answer);
      },
    );
}

/** Where it is asked to, it waits for the end of the job. */
async function answered(c: Context<AppEnv>, { watch, store }: Parts, { job, isRepeated }: Answer) {
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
  const answer: z.output<typeof UploadAnswer> = { id: job.imageId, status, links };
  return c.json(answer);
}

/** The seconds of `wait` in a `Prefer` header (RFC 7240, section 4.3); null where there is none. */
export function preferredWait(prefer: string | undefined): number | null {
  const found = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec(prefer ?? '');
  return found?.[1] === undefined ? null : Math.min(Number(found[1]), MOST_WAIT_SECONDS);
}
