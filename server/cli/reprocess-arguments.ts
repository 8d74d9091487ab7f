import { z } from 'zod';
import { readFlags } from './flags.ts';

export const USAGE =
  'reprocess --preset NAME [--since 2026-01-31] [--url http://127.0.0.1:3000] [--key-file FILE]\n';

const Arguments = z.object({
  preset: z.string({ error: 'must name a preset' }).min(1),
  since: z
    .union([z.iso.date(), z.iso.datetime({ offset: true })], 'must be a day such as 2026-01-31, or a time')
    .optional(),
  url: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
    .default('http://127.0.0.1:3000'),
  /** Whose text is an API key with the scope `admin`: in an argument everybody on the machine could read it. */
  'key-file': z.string().optional(),
});
export type Arguments = z.infer<typeof Arguments>;

/** @throws {UsageError} naming every fault at once */
export function readArguments(argv: readonly string[]): Arguments {
  const text = { type: 'string' } as const;
  return readFlags(argv, { preset: text, since: text, url: text, 'key-file': text }, Arguments);
}
