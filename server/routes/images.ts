import { Hono } from 'hono';
import { z } from 'zod';
import { MOST_BITS_APART } from '../../shared/domain/hash-bands.ts';
import { ImageId, type Tenant } from '../../shared/domain/ids.ts';
import { MEDIA_TYPE } from '../../shared/domain/image.ts';
import { BY_ADDRESS } from '../access/reading.ts';
import { ImageAnswer, SimilarAnswer } from '../contract/answers.ts';
import { documents, type Operation, query } from '../contract/operation.ts';
import { deliver } from '../delivery/deliver.ts';
import { deleteImage } from '../operations/delete-image.ts';
import { findImage, noSuchImage } from '../operations/find-image.ts';
import { similarImages } from '../operations/similar-images.ts';
import { wholeNumber } from '../page.ts';
import type { AppEnv, Parts } from './context.ts';
import { needs, needsAddress } from './needs.ts';
import { conditionsOf } from './originals.ts';
import { describeImage, describeSimilar } from './representations.ts';

/** In bits: copies that were compressed, resized or brightened are within it (CONTRIBUTING.md has the measurement). */
const COPIES_APART = 7;

const MOST_SIMILAR = 50;

const SimilarQuery = z.object({
  distance: wholeNumber(0, MOST_BITS_APART)
    .default(COPIES_APART)
    .describe('Bits in which two perceptual hashes may differ'),
  limit: wholeNumber(1, MOST_SIMILAR).default(20),
});
const SIMILAR_TAKES = {
  distance: `a whole number from 0 to ${MOST_BITS_APART}`,
  limit: `a whole number from 1 to ${MOST_SIMILAR}`,
};

const READ: Operation = {
  id: 'readImage',
  summary: 'The manifest of an image',
  answers: { 200: { description: 'As it is now', body: ImageAnswer } },
  problems: ['not_found', 'deleted'],
};

const SIMILAR: Operation = {
  id: 'similarImages',
  summary: 'Images that look like this one',
  answers: { 200: { description: 'The nearest first', body: SimilarAnswer } },
  problems: ['bad_parameter', 'not_found', 'not_ready', 'failed', 'deleted'],
};

const FILES = Object.values(MEDIA_TYPE);

const READ_VARIANT: Operation = {
  id: 'readVariant',
  summary: 'A variant: the file itself',
  description:
    'The URLs in a manifest hold a hash, and what is behind them never changes. `thumb.webp` is the variant as it is now, and ' +
    '`thumb` that in the best format that `Accept` allows.',
  headers: z.object({
    accept: z.string().optional(),
    range: z.string().optional(),
    'if-range': z.string().optional(),
    'if-none-match': z.string().optional(),
  }),
  answers: {
    200: { description: 'All of it', body: FILES },
    206: { description: 'A range of it', body: FILES },
    302: { description: 'It has been made anew, or is sent by the bucket: `Location`', body: [] },
    304: { description: 'The client has it', body: [] },
  },
  problems: [
    'not_found',
    'not_ready',
    'failed',
    'deleted',
    'range_not_satisfiable',
    // Where addresses are signed.
    'bad_signature',
    'no_key',
    'not_allowed',
    'rate_limited',
    'store_unavailable',
    'internal',
  ],
};

const DELETE: Operation = {
  id: 'deleteImage',
  summary: 'Deletes an image with all its files',
  description: 'A job of it that waits or runs is cancelled. Its id stays known as deleted.',
  answers: { 204: { description: 'It is gone', body: [] } },
  problems: ['not_found', 'deleted'],
};

export function imageRoutes(parts: Parts) {
  const { store, storage, access, keepOriginalsMs } = parts;
  const { signedUrls } = access;
  const files = { storage, direct: parts.redirectsReads ? parts.direct : null };

  const find = (id: string, tenant: Tenant | null) => findImage(id, tenant, store);
  const addressOf = signedUrls ? (path: string) => signedUrls.sign(path) : BY_ADDRESS.addressOf;

  return new Hono<AppEnv>()
    .get('/images/:id', needs('read'), documents(READ), async (c) => {
      const record = await find(c.req.param('id'), c.get('caller').tenant);
      c.header('cache-control', 'no-cache');
      return c.json(describeImage(record, addressOf, keepOriginalsMs));
    })
    .get(
      '/images/:id/similar',
      needs('read'),
      documents(SIMILAR),
      query(SimilarQuery, SIMILAR_TAKES),
      async (c) => {
        const record = await find(c.req.param('id'), c.get('caller').tenant);
        const found = await similarImages(record, c.req.valid('query'), store);
        c.header('cache-control', 'no-store');
        return c.json(describeSimilar(found));
      },
    )
    .get('/images/:id/:variant', needsAddress(signedUrls), documents(READ_VARIANT), async (c) => {
      const id = c.req.param('id');
      const reading = c.get('reading');
      const conditions = { ...conditionsOf(c.req), accept: c.req.header('accept') };
      const found = () => find(id, reading.tenant);
      return deliver(files, found, c.req.param('variant'), conditions, reading);
    })
    .delete('/images/:id', needs('upload'), documents(DELETE), async (c) => {
      const id = ImageId.safeParse(c.req.param('id'));
      const { tenant } = c.get('caller');
      const found = id.success && (await deleteImage(id.data, tenant, parts));
      if (!found) throw noSuchImage();
      return c.body(null, 204);
    });
}
