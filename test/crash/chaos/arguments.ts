import { parseArgs } from 'node:util';
import { z } from 'zod';
import { UsageError } from '../../load/arguments.ts';

export const USAGE = 'chaos [--minutes 10] [--seed N] [--runtime node|bun] [--json]\n';

const MOST_SEEDS = 2 ** 31;

const Settings = z.object({
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
  const settings = Settings.safeParse(parseFlags(argv));
  if (settings.success) return settings.data;
  throw new UsageError(
    settings.error.issues.map(({ path, message }) => `--${String(path[0])}: ${message}`).join('\n'),
  );
}

function parseFlags(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    const options = { minutes: text, seed: text, runtime: text, json: { type: 'boolean' } } as const;
    return parseArgs({ args: [...argv], options }).values;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
