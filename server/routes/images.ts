import { Hono } from 'hono';
import { ImageId } from '../../shared/domain/ids.ts';
import type { ImageRecord } from '../../shared/jobs/job-store.ts';
import { answerVariant } from '../delivery/answer-variant.ts';
import { chooseVariant } from '../delivery/choose-variant.ts';
import { alreadyDeleted, deleteImage } from '../operations/delete-image.ts';
import { Problem } from '../problem.ts';
import type { AppEnv, Parts } from './context.ts';
import { describeImage } from './representations.ts';

export function imageRoutes({ store, storage, retries }: Parts): Hono<AppEnv> {
  async function find(id: string): Promise<ImageRecord> {
    const imageId = ImageId.safeParse(id);
    const found = imageId.success ? await store.findImage(imageId.data) : null;
    if (found === null) throw noSuchImage();
    if (found === 'deleted') throw alreadyDeleted();
    return found;
  }

  return new Hono<AppEnv>()
    .get('/images/:id', async (c) => {
      const record = await find(c.req.param('id'));
      c.header('cache-control', 'no-cache');
      return c.json(describeImage(record));
    })
    .get('/images/:id/:variant', async (c) => {
      const record = await find(c.req.param('id'));
      const set = publishedSet(record);
      const choice = chooseVariant(set.manifest.variants, c.req.param('variant'), c.req.header('accept'));
      if (!choice) throw new Problem('not_found', 'The image has no such variant; its manifest lists them.');
      return answerVariant(storage, set, choice, {
        method: c.req.method,
        ifNoneMatch: c.req.header('if-none-match'),
        range: c.req.header('range'),
        ifRange: c.req.header('if-range'),
      });
    })
    .delete('/images/:id', async (c) => {
      const id = ImageId.safeParse(c.req.param('id'));
      const found = id.success && (await deleteImage(id.data, store, storage, retries));
      if (!found) throw noSuchImage();
      return c.body(null, 204);
    });
}

const noSuchImage = () => new Problem('not_found', 'There is no image with this id.');

function publishedSet({ job, set }: ImageRecord) {
  if (set) return set;
  if (job.state === 'queued' || job.state === 'running') {
    throw new Problem('not_ready', 'The variants are being made.', { retryAfter: 1 });
  }
  const failure = job.failure ?? 'worker_error';
  throw new Problem('failed', 'The image could not be processed; its job says why.', {
    members: { failure },
  });
}
