import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { z } from 'zod';

/** The command line cannot be followed; the message is for the person who typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * What the flags of a command line stand for. There is nothing on it but flags.
 * @throws {UsageError} naming every fault at once
 */
export function readFlags<T extends z.ZodType>(
  argv: readonly string[],
  options: NonNullable<ParseArgsConfig['options']>,
  schema: T,
): z.output<T> {
  const parsed = schema.safeParse(parse(argv, options));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `--${String(path[0])} ${message}`);
  throw new UsageError(faults.join('\n'));
}

function parse(argv: readonly string[], options: NonNullable<ParseArgsConfig['options']>) {
  try {
    return parseArgs({ args: [...argv], options }).values;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
