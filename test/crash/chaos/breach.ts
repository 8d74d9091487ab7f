/** What must never happen, as the kill matrix names it. */
export const BREACHES = [
  'missing',
  'duplicated',
  'half-published',
  'orphaned',
  'good picture lost',
  'unexpected end',
  'kept though refused',
  '5xx other than 503',
  'service ended by itself',
] as const;

/** One broken promise. */
export interface Breach {
  kind: (typeof BREACHES)[number];
  /** What it is found by in the log and on the disk; broken in two ways, or seen twice, it counts once. */
  subject: string;
  how: string;
}
