import { z } from 'zod';
import { DAY_MS, LONGEST_LIFE_MS } from './domain/retention.ts';

/** Long enough for what has to be kept by law; in days. */
const MOST_DAYS = 36_500;

const DAYS = /^(\d{1,5})d?$/;
const daysOf = (text: string): number => Number(DAYS.exec(text)?.[1] ?? 0);
const isDays = (text: string): boolean => daysOf(text) >= 1 && daysOf(text) <= MOST_DAYS;

/** Of `KEEP_ORIGINALS`, in milliseconds; null: for ever. */
export const keepOriginals = () =>
  z
    .string()
    .refine(
      (text) => text === 'forever' || text === 'never' || isDays(text),
      `forever, never, or days from 1 to ${MOST_DAYS}, such as 30d`,
    )
    .transform((text) => (text === 'forever' ? null : daysOf(text) * DAY_MS))
    .prefault('forever')
    .describe(
      'How long originals are kept: `forever`, `never` (until the variants are there), or days such as `30d`; variants stay',
    );

/** Of `EXPIRE_AFTER`, in milliseconds; null: never. */
export const expireAfter = () =>
  z
    .string()
    .refine(
      (text) => text === 'never' || (isDays(text) && daysOf(text) * DAY_MS <= LONGEST_LIFE_MS),
      `never, or days from 1 to ${LONGEST_LIFE_MS / DAY_MS}, such as 365d`,
    )
    .transform((text) => (text === 'never' ? null : daysOf(text) * DAY_MS))
    .prefault('never')
    .describe(
      'How long images live whose upload does not say `expires`: `never` ends none, or days such as `365d`',
    );
