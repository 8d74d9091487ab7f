import { z } from 'zod';
import { parseJson } from './parse-json.ts';
import { Problem } from './problem.ts';

/** The most entries of one page. */
export const MOST_A_PAGE = 200;

/** A cursor: opaque to clients, the place where the next page begins. */
export function cursorOf<T extends z.ZodType>(place: T) {
  return z.string().transform((text, context): z.output<T> => {
    const parsed = place.safeParse(parseJson(Buffer.from(text, 'base64url').toString()));
    if (parsed.success) return parsed.data;
    context.addIssue({ code: 'custom', message: 'the "next" of an earlier page' });
    return z.NEVER;
  });
}

export function cursorText(place: object | null): string | null {
  return place && Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** In decimal digits. */
export const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .pipe(z.int().min(least).max(most))
    .meta({ override: { type: 'integer', minimum: least, maximum: most } });

/** A moment in a query, in milliseconds since 1970. */
export const Moment = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })])
  .transform((text) => Date.parse(text));
export const TAKES_MOMENT = 'a day such as 2026-01-31, or a time such as 2026-01-31T12:00:00Z';

export const Limit = wholeNumber(1, MOST_A_PAGE).default(50);

/**
 * @param allowed what each parameter takes, for the client
 * @throws {Problem} that names the first bad one
 */
export function readQuery<T extends z.ZodType>(
  schema: T,
  query: Record<string, string>,
  allowed: Record<string, string> = {},
): z.output<T> {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const name = String(parsed.error.issues[0]?.path[0]);
  const takes = {
    cursor: 'the "next" of an earlier page',
    limit: `a whole number from 1 to ${MOST_A_PAGE}`,
    ...allowed,
  }[name];
  throw new Problem('bad_parameter', `The parameter "${name}" takes ${takes}.`);
}
