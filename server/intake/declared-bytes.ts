/** The bytes of a `Content-Length`. Undefined: it has not said so, or not in a number. */
export const declaredBytes = (length: string | null | undefined): number | undefined =>
  typeof length === 'string' && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
