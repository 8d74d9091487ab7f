import { Hono } from 'hono';
import { z } from 'zod';
import { ImageId } from '../../shared/domain/ids.ts';
import { documents, type Operation, query } from '../contract/operation.ts';
import { ReprocessCountAnswer, ReprocessPage } from '../contract/operator-answers.ts';
import { draining } from '../intake/no-room.ts';
import { countReprocess, queueReprocess } from '../operations/reprocess.ts';
import { cursorOf, cursorText, Limit, Moment, TAKES_MOMENT } from '../page.ts';
import type { AppEnv, Parts } from './context.ts';
import { needs } from './needs.ts';

const ImagesQuery = z.object({
  preset: z.string().max(64),
  since: Moment.default(0),
});
const PageQuery = ImagesQuery.extend({
  cursor: cursorOf(z.object({ createdAt: z.int(), id: ImageId })).optional(),
  limit: Limit,
});
const TAKES = {
  preset: 'the name of a preset',
  since: TAKES_MOMENT,
};

const QUEUE: Operation = {
  id: 'reprocess',
  summary: 'Applies a preset as it is now to a page of the images that were accepted with it',
  answers: { 200: { description: 'What was queued', body: ReprocessPage } },
  problems: ['bad_parameter', 'unknown_preset', 'draining'],
};

const COUNT: Operation = {
  id: 'countReprocess',
  summary: 'How far that is',
  answers: { 200: { description: 'Of all such images', body: ReprocessCountAnswer } },
  problems: ['bad_parameter', 'unknown_preset'],
};

/** Applies a preset as it is now to the images that were accepted with it before. */
export function reprocessRoutes(parts: Parts) {
  return new Hono<AppEnv>()
    .post('/reprocess', needs('admin'), documents(QUEUE), query(PageQuery, TAKES), async (c) => {
      if (parts.isClosing()) throw draining();
      const { cursor, ...images } = c.req.valid('query');
      const page = await queueReprocess({ ...images, cursor }, c.get('requestId'), parts);
      c.header('cache-control', 'no-store');
      return c.json({ ...page, next: cursorText(page.next) });
    })
    .get('/reprocess', needs('admin'), documents(COUNT), query(ImagesQuery, TAKES), async (c) => {
      const { failedJobs, ...count } = await countReprocess(c.req.valid('query'), parts);
      c.header('cache-control', 'no-store');
      return c.json({ ...count, failedJobs: failedJobs.map((id) => `/jobs/${id}`) });
    });
}
