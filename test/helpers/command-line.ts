import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { z } from 'zod';

const EXIT_USAGE = 2;

/** The command line cannot be followed; the message is for the person who typed it. */
export class UsageError extends Error {}

/** The flags as they were typed. @throws {UsageError} */
export function readFlags(argv: readonly string[], options: NonNullable<ParseArgsConfig['options']>) {
  try {
    return parseArgs({ args: [...argv], options }).values;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/**
 * What flags stand for.
 * @param nameOf the flag of a setting, where it is called otherwise
 * @throws {UsageError} naming every fault at once
 */
export function settingsOf<T extends z.ZodType>(
  schema: T,
  flags: object,
  nameOf = (setting: string): string => setting,
): z.output<T> {
  const settings = schema.safeParse(flags);
  if (settings.success) return settings.data;
  const told = settings.error.issues.map(({ path, message }) => `--${nameOf(String(path[0]))}: ${message}`);
  throw new UsageError(told.join('\n'));
}

/** Runs a command to its exit code; who has typed it wrong is told how it goes. */
export async function runCommand(usage: string, run: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await run();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage}`);
    process.exitCode = EXIT_USAGE;
  }
}
