import { createHash } from 'node:crypto';

/** Longer ones bind lists of many lengths, and are hardly asked twice. */
const NAMED_UP_TO_CHARACTERS = 8_000;

const names = new Map<string, string>();

/** More than there are statements of ours; what is asked beyond is planned each time. */
const MOST_NAMES = 1_000;

/**
 * The name that a statement is prepared under, on each connection once: to plan most of ours takes longer than to run them.
 * Undefined where it is not worth it, and for several in one.
 */
export function statementName(text: string, values: readonly unknown[] | undefined): string | undefined {
  const isOne = (values && values.length > 0) || /^\s*with\b[^;]*$/i.test(text);
  if (!isOne || text.length > NAMED_UP_TO_CHARACTERS) return undefined;
  const known = names.get(text);
  if (known !== undefined || names.size >= MOST_NAMES) return known;
  const name = createHash('sha256').update(text).digest('hex').slice(0, 32);
  names.set(text, name);
  return name;
}
