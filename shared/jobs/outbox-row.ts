import { z } from 'zod';
import { Topic } from '../domain/announcement.ts';

/** Something that somebody outside is to be told: written with the change itself, and there until it is told or given up. */
export const OutboxRow = z.object({
  id: z.uuidv4(),
  topic: Topic,
  /** JSON, as it is sent. */
  body: z.string(),
  /** In milliseconds since 1970. */
  created_at: z.int(),
  /** Not before: after a try that has failed, and while somebody is at it. */
  due_at: z.int(),
  tries: z.int(),
});
export type OutboxRow = z.output<typeof OutboxRow>;
