import { z } from 'zod';
import { readFlags } from './flags.ts';

export const USAGE =
  'erase --tenant NAME (--all | --metadata FIELD:VALUE | --before 2026-01-31) [--keep-traces] [--url http://127.0.0.1:3000] [--key-file FILE]\n';

const Arguments = z
  .object({
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
    'keep-traces': z.boolean().default(false),
    url: z
      .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
      .default('http://127.0.0.1:3000'),
    /** Whose text is an API key with the scope `admin`: in an argument everybody on the machine could read it. */
    'key-file': z.string().optional(),
  })
  .refine(({ all, metadata, before }) => all !== (metadata !== undefined || before !== undefined), {
    path: ['all'],
    error: 'says that everything of the tenant is meant: it is that, or --metadata or --before',
  });
export type Arguments = z.infer<typeof Arguments>;

/** @throws {UsageError} naming every fault at once */
export function readArguments(argv: readonly string[]): Arguments {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  return readFlags(
    argv,
    {
      tenant: text,
      all: flag,
      metadata: text,
      before: text,
      'keep-traces': flag,
      url: text,
      'key-file': text,
    },
    Arguments,
  );
}
