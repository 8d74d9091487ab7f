import { Hono } from 'hono';
import { z } from 'zod';
import { Sha256 } from '../../shared/domain/ids.ts';
import { Quarantined } from '../../shared/domain/quarantine.ts';
import { documents, type Operation, query } from '../contract/operation.ts';
import { QuarantinePage } from '../contract/operator-answers.ts';
import { cursorOf, cursorText, Limit } from '../page.ts';
import { Problem } from '../problem.ts';
import type { AppEnv, Parts } from './context.ts';
import { needs } from './needs.ts';
import { describeQuarantined } from './representations.ts';

const QuarantineQuery = z.object({
  cursor: cursorOf(Quarantined.pick({ at: true, sha256: true, decoder: true })).optional(),
  limit: Limit,
});

const LIST: Operation = {
  id: 'listQuarantine',
  summary: 'What has crashed its decoder twice and is refused since',
  answers: { 200: { description: 'A page, from the newest to the oldest', body: QuarantinePage } },
  problems: ['bad_parameter'],
};

const RELEASE: Operation = {
  id: 'releaseQuarantined',
  summary: 'Lets bytes in again',
  answers: { 204: { description: 'They are not refused any more', body: [] } },
  problems: ['not_found'],
};

/** What has crashed its decoder twice and is refused since; an operator may let it in again. */
export function quarantineRoutes({ store }: Parts) {
  return new Hono<AppEnv>()
    .get('/quarantine', needs('admin'), documents(LIST), query(QuarantineQuery), async (c) => {
      const { cursor, limit } = c.req.valid('query');
      const page = await store.listQuarantine({
        tenant: c.get('caller').tenant,
        limit,
        ...(cursor && { after: cursor }),
      });
      c.header('cache-control', 'no-store');
      return c.json({ quarantined: page.quarantined.map(describeQuarantined), next: cursorText(page.next) });
    })
    .delete('/quarantine/:sha256', needs('admin'), documents(RELEASE), async (c) => {
      const sha256 = Sha256.safeParse(c.req.param('sha256'));
      const released =
        sha256.success &&
        (await store.releaseQuarantined({ tenant: c.get('caller').tenant, sha256: sha256.data }));
      if (!released) throw new Problem('not_found', 'No bytes with this SHA-256 are quarantined.');
      return c.body(null, 204);
    });
}
