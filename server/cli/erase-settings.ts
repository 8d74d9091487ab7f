import { z } from 'zod';
import { settingsOf } from './flags.ts';
import { ServiceSettings } from './service-flags.ts';

const Flags = ServiceSettings.extend({
  tenant: z.string({ error: 'must name a tenant' }).min(1),
  all: z.boolean().default(false),
  metadata: z
    .string()
    .regex(/^[^:]+:/, 'must be a field, a colon and its value, such as owner:u-81')
    .optional(),
  before: z
    .union([z.iso.date(), z.iso.datetime({ offset: true })], 'must be a day such as 2026-01-31, or a time')
    .optional(),
  /** The database is not written anew in the end, for which others have to wait. */
  keepTraces: z.boolean().default(false),
}).refine(({ all, metadata, before }) => all !== (metadata !== undefined || before !== undefined), {
  path: ['all'],
  error: 'says that everything of the tenant is meant: it is that, or --metadata or --before',
});
export type EraseSettings = z.infer<typeof Flags>;

/** @throws {UsageError} naming every fault at once */
export const readSettings = (flags: object): EraseSettings => settingsOf(Flags, flags);
