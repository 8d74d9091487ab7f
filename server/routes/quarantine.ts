import { Hono } from 'hono';
import { z } from 'zod';
import { Sha256 } from '../../shared/domain/ids.ts';
import { Quarantined } from '../../shared/domain/quarantine.ts';
import { cursorOf, cursorText, Limit, readQuery } from '../page.ts';
import { Problem } from '../problem.ts';
import type { AppEnv, Parts } from './context.ts';
import { needs } from './needs.ts';
import { describeQuarantined } from './representations.ts';

const QuarantineQuery = z.object({
  cursor: cursorOf(Quarantined.pick({ at: true, sha256: true, decoder: true })).optional(),
  limit: Limit,
});

/** What has crashed its decoder twice and is refused since; an operator may let it in again. */
export function quarantineRoutes({ store }: Parts): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/quarantine', needs('admin'), async (c) => {
      const { cursor, limit } = readQuery(QuarantineQuery, c.req.query());
      const page = await store.listQuarantine({
        tenant: c.get('caller').tenant,
        limit,
        ...(cursor && { after: cursor }),
      });
      c.header('cache-control', 'no-store');
      return c.json({ quarantined: page.quarantined.map(describeQuarantined), next: cursorText(page.next) });
    })
    .delete('/quarantine/:sha256', needs('admin'), async (c) => {
      const sha256 = Sha256.safeParse(c.req.param('sha256'));
      const released =
        sha256.success &&
        (await store.releaseQuarantined({ tenant: c.get('caller').tenant, sha256: sha256.data }));
      if (!released) throw new Problem('not_found', 'No bytes with this SHA-256 are quarantined.');
      return c.body(null, 204);
    });
}
