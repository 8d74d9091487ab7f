import { z } from 'zod';
import { readFlags, settingsOf } from '../../helpers/command-line.ts';

export const USAGE =
  'chaos [--profile embedded|cluster] [--minutes 10] [--seed N] [--runtime node|bun] [--json]\n';

const MOST_SEEDS = 2 ** 31;

const Settings = z.object({
  profile: z.enum(['embedded', 'cluster']).default('embedded'),
  minutes: z.coerce.number().positive().default(10),
  /** Without one, another each time; the matrix says which. */
  seed: z.coerce
    .number()
    .int()
    .nonnegative()
    .default(() => Date.now() % MOST_SEEDS),
  runtime: z.enum(['node', 'bun']).default('node'),
  json: z.boolean().default(false),
});
export type Settings = z.infer<typeof Settings>;

/** @throws {UsageError} naming every fault at once */
export function readArguments(argv: readonly string[]): Settings {
  const text = { type: 'string' } as const;
  const flags = readFlags(argv, {
    profile: text,
    minutes: text,
    seed: text,
    runtime: text,
    json: { type: 'boolean' },
  });
  return settingsOf(Settings, flags);
}
