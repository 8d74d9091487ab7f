import { z } from 'zod';
import type { Metadata } from './image.ts';

/** Of one image that it can be found by: the first ones. */
export const MOST_FIELDS = 32;

/** No database of ours keeps other texts as they are: PostgreSQL knows no NUL, and half of a surrogate pair is no UTF-8. */
const isKeptAsItIs = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

/** In characters: so long that a field and its value fit into one entry of an index of PostgreSQL (2,704 bytes). */
const textOf = (least: number, most: number) =>
  z.string().min(least).max(most).refine(isKeptAsItIs, 'a text without NUL');

/** A field of the metadata by whose value images are found. */
export const MetadataField = z.object({ field: textOf(1, 64), value: textOf(0, 256) });
export type MetadataField = z.infer<typeof MetadataField>;

/**
 * What of an image's metadata it is found by: the texts, numbers and booleans that stand in it directly, as text.
 * Lists, objects, null, and what is too long to be looked for are left out.
 * @returns {@link MOST_FIELDS} at the most, in the order of the metadata
 */
export function findableFields(metadata: Metadata | null): MetadataField[] {
  const found: MetadataField[] = [];
  for (const [field, value] of Object.entries(metadata ?? {})) {
    if (found.length === MOST_FIELDS) break;
    if (value === null || typeof value === 'object') continue;
    const entry = MetadataField.safeParse({ field, value: String(value) });
    if (entry.success) found.push(entry.data);
  }
  return found;
}
