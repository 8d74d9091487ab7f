import { z } from 'zod';
import { settingsOf } from './flags.ts';
import { ServiceSettings } from './service-flags.ts';

const Flags = ServiceSettings.extend({
  preset: z.string({ error: 'must name a preset' }).min(1),
  since: z
    .union([z.iso.date(), z.iso.datetime({ offset: true })], 'must be a day such as 2026-01-31, or a time')
    .optional(),
});
export type ReprocessSettings = z.infer<typeof Flags>;

/** @throws {UsageError} naming every fault at once */
export const readSettings = (flags: object): ReprocessSettings => settingsOf(Flags, flags);
