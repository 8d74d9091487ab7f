import { z } from 'zod';
import { Tenant } from '../../domain/ids.ts';

/** A file to be removed, which no row names any more. */
export const RemovalRow = z.object({
  kind: z.enum(['original', 'set', 'parts']),
  /** Of its image, of the run that has made it, or of the upload that is not whole. */
  id: z.uuidv4(),
  /** Whose it was. */
  tenant: Tenant,
  /** In milliseconds: not before. Later than now where a run may write to it still. */
  due_at: z.int(),
});

export type RemovalRow = z.output<typeof RemovalRow>;
