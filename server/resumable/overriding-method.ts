import { Problem } from '../problem.ts';

/** What a POST may stand for: some clients, such as Java's HttpURLConnection, know no PATCH, and some proxies let none through. */
export const OVERRIDING = ['PATCH', 'DELETE'] as const;

/** @throws {Problem} for what is none of them */
export function overridingMethod(field: string | undefined): (typeof OVERRIDING)[number] {
  const method = OVERRIDING.find((it) => it === field);
  if (method) return method;
  throw new Problem(
    'bad_parameter',
    `A POST here stands for another method, and X-HTTP-Method-Override says for which: ${OVERRIDING.join(' or ')}.`,
  );
}
