import { Hono } from 'hono';
import { z } from 'zod';
import { ImageId, Tenant } from '../../shared/domain/ids.ts';
import { JOB_STATES, JobState } from '../../shared/domain/job.ts';
import { MetadataField } from '../../shared/domain/metadata-field.ts';
import { askedTenant } from '../access/asked-tenant.ts';
import { ImagePage } from '../contract/answers.ts';
import { documents, type Operation, query } from '../contract/operation.ts';
import { cursorOf, cursorText, Limit, Moment, TAKES_MOMENT } from '../page.ts';
import type { AppEnv, Parts } from './context.ts';
import { needs } from './needs.ts';
import { describeListed } from './representations.ts';

const ImagesQuery = z.object({
  metadata: z
    .string()
    .max(64 + 1 + 256)
    .regex(/^[^:]+:/)
    .transform((text) => ({
      field: text.slice(0, text.indexOf(':')),
      value: text.slice(text.indexOf(':') + 1),
    }))
    .pipe(MetadataField)
    .optional()
    .describe('`FIELD:VALUE`: a text, number or boolean that stands in the metadata under this name')
    .meta({ override: { type: 'string' } }),
  since: Moment.optional(),
  until: Moment.optional().describe('Accepted before'),
  status: JobState.optional(),
  tenant: Tenant.optional().describe("Another one than the key's: needs the scope `admin`"),
  cursor: cursorOf(z.object({ createdAt: z.int(), id: ImageId })).optional(),
  limit: Limit,
});
const TAKES = {
  metadata: 'the name of a field, a colon and its value, such as order:1234',
  since: TAKES_MOMENT,
  until: TAKES_MOMENT,
  status: JOB_STATES.join(', '),
  tenant: 'the name of a tenant',
};

const LIST: Operation = {
  id: 'listImages',
  summary: 'Images of a tenant, from the newest to the oldest',
  description:
    'With `status`, at most 1,000 images are looked at for a page: it may have fewer than `limit`, or none, and still a `next`.',
  answers: { 200: { description: 'A page', body: ImagePage } },
  problems: ['bad_parameter'],
};

/** What a tenant has. */
export function imageListRoutes({ store }: Parts) {
  return new Hono<AppEnv>().get(
    '/images',
    needs('read'),
    documents(LIST),
    query(ImagesQuery, TAKES),
    async (c) => {
      const { tenant, cursor, ...asked } = c.req.valid('query');
      const page = await store.listImages({
        ...asked,
        at: Date.now(),
        tenant: askedTenant(c.get('caller'), tenant),
        after: cursor,
      });
      c.header('cache-control', 'no-store');
      return c.json({
        images: page.images.map(describeListed),
        next: cursorText(page.next),
        complete: page.isComplete,
      });
    },
  );
}
