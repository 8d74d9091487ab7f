import { Hono, type HonoRequest } from 'hono';
import { z } from 'zod';
import { INPUT_MEDIA_TYPE } from '../../shared/domain/image.ts';
import { documents, type Operation } from '../contract/operation.ts';
import type { Conditions } from '../delivery/answer-file.ts';
import { answerOriginal } from '../delivery/answer-original.ts';
import { findImage } from '../operations/find-image.ts';
import type { AppEnv, Parts } from './context.ts';
import { needs } from './needs.ts';

const FILES = Object.values(INPUT_MEDIA_TYPE);

const READ_ORIGINAL: Operation = {
  id: 'readOriginal',
  summary: 'The original: the file as it was uploaded',
  description:
    'It may tell where and with what it was taken, so a scope of its own is needed, and no cache keeps it.',
  headers: z.object({
    range: z.string().optional(),
    'if-range': z.string().optional(),
    'if-none-match': z.string().optional(),
  }),
  answers: {
    200: { description: 'All of it, as a file to be saved', body: FILES },
    206: { description: 'A range of it', body: FILES },
    302: { description: 'It is sent by the bucket: `Location`, for a minute', body: [] },
    304: { description: 'The client has it', body: [] },
  },
  problems: ['not_found', 'deleted', 'original_not_kept', 'range_not_satisfiable'],
};

/** What is uploaded is given back to who may see all that it tells. */
export function originalRoutes({ store, storage, direct, redirectsReads }: Parts) {
  const files = { storage, direct: redirectsReads ? direct : null };
  return new Hono<AppEnv>().get(
    '/images/:id/original',
    needs('originals'),
    documents(READ_ORIGINAL),
    async (c) => {
      const { tenant } = c.get('caller');
      const find = () => findImage(c.req.param('id'), tenant, store);
      return answerOriginal(files, find, conditionsOf(c.req));
    },
  );
}

export const conditionsOf = (request: HonoRequest): Conditions => ({
  method: request.method,
  ifNoneMatch: request.header('if-none-match'),
  range: request.header('range'),
  ifRange: request.header('if-range'),
});
