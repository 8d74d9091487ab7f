import { z } from 'zod';

/** What many answers have in common. */
export const Path = z.string().regex(/^\//).describe('A path of this service');
export const Time = z.iso.datetime().describe('RFC 3339, in UTC');
export const Next = z.string().nullable().describe('The `cursor` of the next page; null on the last one');
