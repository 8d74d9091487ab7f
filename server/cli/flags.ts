import type { z } from 'zod';

/** The command line cannot be followed; the message is for the person who typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * What the flags of a command line stand for.
 * @param given by the names that commander has for them: `fromFiles` of `--from-files`
 * @throws {UsageError} naming every fault at once
 */
export function settingsOf<T extends z.ZodType>(schema: T, given: object): z.output<T> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${flagOf(String(path[0]))} ${message}`);
  throw new UsageError(faults.join('\n'));
}

const flagOf = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
