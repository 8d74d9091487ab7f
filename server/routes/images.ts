import { Hono } from 'hono';
import { z } from 'zod';
import { MOST_BITS_APART } from '../../shared/domain/hash-bands.ts';
import { ImageId, type Tenant } from '../../shared/domain/ids.ts';
import type { ImageRecord } from '../../shared/jobs/records.ts';
import { BY_ADDRESS } from '../access/reading.ts';
import { deliver } from '../delivery/deliver.ts';
import { alreadyDeleted, deleteImage } from '../operations/delete-image.ts';
import { similarImages } from '../operations/similar-images.ts';
import { readQuery } from '../page.ts';
import { Problem } from '../problem.ts';
import type { AppEnv, Parts } from './context.ts';
import { needs, needsAddress } from './needs.ts';
import { describeImage, describeSimilar } from './representations.ts';

/** In bits: copies that were compressed, resized or brightened are within it (CONTRIBUTING.md has the measurement). */
const COPIES_APART = 7;

const MOST_SIMILAR = 50;

const SimilarQuery = z.object({
  distance: z
    .string()
    .regex(/^\d+$/)
    .transform(Number)
    .pipe(z.int().max(MOST_BITS_APART))
    .default(COPIES_APART),
  limit: z.coerce.number().int().min(1).max(MOST_SIMILAR).default(20),
});
const SIMILAR_TAKES = {
  distance: `a whole number from 0 to ${MOST_BITS_APART}`,
  limit: `a whole number from 1 to ${MOST_SIMILAR}`,
};

export function imageRoutes(parts: Parts): Hono<AppEnv> {
  const { store, storage, retries, access } = parts;
  const { signedUrls } = access;
  const files = { storage, direct: parts.redirectsReads ? parts.direct : null };

  /** @param tenant whose it has to be: of another's it is not even told that it is there; null: anybody's */
  async function find(id: string, tenant: Tenant | null): Promise<ImageRecord> {
    const imageId = ImageId.safeParse(id);
    const found = imageId.success ? await store.findImage(imageId.data, tenant) : null;
    if (found === null) throw noSuchImage();
    if (found === 'deleted') throw alreadyDeleted();
    return found;
  }

  const addressOf = signedUrls ? (path: string) => signedUrls.sign(path) : BY_ADDRESS.addressOf;

  return new Hono<AppEnv>()
    .get('/images/:id', needs('read'), async (c) => {
      const record = await find(c.req.param('id'), c.get('caller').tenant);
      c.header('cache-control', 'no-cache');
      return c.json(describeImage(record, addressOf));
    })
    .get('/images/:id/similar', needs('read'), async (c) => {
      const query = readQuery(SimilarQuery, c.req.query(), SIMILAR_TAKES);
      const found = await similarImages(await find(c.req.param('id'), c.get('caller').tenant), query, store);
      c.header('cache-control', 'no-store');
      return c.json(describeSimilar(found));
    })
    .get('/images/:id/:variant', needsAddress(signedUrls), async (c) => {
      const id = c.req.param('id');
      const reading = c.get('reading');
      const conditions = {
        method: c.req.method,
        accept: c.req.header('accept'),
        ifNoneMatch: c.req.header('if-none-match'),
        range: c.req.header('range'),
        ifRange: c.req.header('if-range'),
      };
      const found = () => find(id, reading.tenant);
      return deliver(files, found, c.req.param('variant'), conditions, reading);
    })
    .delete('/images/:id', needs('upload'), async (c) => {
      const id = ImageId.safeParse(c.req.param('id'));
      const { tenant } = c.get('caller');
      const found = id.success && (await deleteImage(id.data, tenant, store, storage, retries));
      if (!found) throw noSuchImage();
      return c.body(null, 204);
    });
}

const noSuchImage = () => new Problem('not_found', 'There is no image with this id.');
