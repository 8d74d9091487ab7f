import { parseArgs } from 'node:util';
import { z } from 'zod';

export const USAGE =
  'reprocess --preset NAME [--since 2026-01-31] [--url http://127.0.0.1:3000] [--key-file FILE]\n';

/** The command line cannot be followed; the message is for the person who typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

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
  const parsed = Arguments.safeParse(parseFlags(argv));
  if (parsed.success) return parsed.data;
  throw new UsageError(
    parsed.error.issues.map(({ path, message }) => `--${String(path[0])} ${message}`).join('\n'),
  );
}

function parseFlags(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({ args: [...argv], options: { preset: text, since: text, url: text, 'key-file': text } })
      .values;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
