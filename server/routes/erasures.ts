import { Hono } from 'hono';
import { z } from 'zod';
import { Tenant } from '../../shared/domain/ids.ts';
import { MetadataField } from '../../shared/domain/metadata-field.ts';
import { documents, type Operation } from '../contract/operation.ts';
import { ErasureAnswer } from '../contract/operator-answers.ts';
import { draining } from '../intake/no-room.ts';
import { readJsonBody } from '../json-body.ts';
import { eraseSome } from '../operations/erase.ts';
import { MOST_A_PAGE, Moment, TAKES_MOMENT } from '../page.ts';
import type { AppEnv, Parts } from './context.ts';
import { needs } from './needs.ts';
import { describeErasure } from './representations.ts';

/** The tenant is never left out: there is no erasing by mistake of whoever is meant by nothing. */
const Asked = z.strictObject({
  tenant: Tenant,
  metadata: MetadataField.strict().nullable().default(null),
  before: Moment.nullable().default(null),
  limit: z.int().min(1).max(MOST_A_PAGE).default(50),
  rewriteDatabase: z
    .boolean()
    .default(true)
    .describe('False: traces may be left between the rows of SQLite, and nobody has to wait'),
});
const TAKES = {
  tenant: 'the name of a tenant, which has to be there',
  metadata: 'a field and its value, such as {"field": "order", "value": "1234"}',
  before: TAKES_MOMENT,
  limit: `a whole number from 1 to ${MOST_A_PAGE}`,
  rewriteDatabase: 'true or false',
};

const ERASE: Operation = {
  id: 'erase',
  summary: 'Erases images of a tenant with all that is known of them, page by page',
  description:
    'All of the tenant, or those with a value in their metadata, or those that were accepted before a moment. To be called until ' +
    'it says `verified`; it may be called again at any time.',
  body: { 'application/json': Asked },
  answers: { 200: { description: 'What this call has erased', body: ErasureAnswer } },
  problems: ['bad_parameter', 'upload_too_slow', 'malformed_request', 'draining', 'disk_full'],
};

/** For a tenant, or somebody of whom it has pictures, who wants nothing left. */
export function erasureRoutes(parts: Parts) {
  const { bodyOf, patience } = parts;
  return new Hono<AppEnv>().post('/erasures', needs('admin'), documents(ERASE), async (c) => {
    if (parts.isClosing()) throw draining();
    const asked = await readJsonBody(Asked, bodyOf(c), patience, TAKES);
    const { rewriteDatabase: rewritesDatabase, ...images } = asked;
    const report = await eraseSome({ ...images, rewritesDatabase }, parts, c.get('log'));
    c.header('cache-control', 'no-store');
    return c.json(describeErasure(report));
  });
}
