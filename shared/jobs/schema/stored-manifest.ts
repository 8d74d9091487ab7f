import { z } from 'zod';
import { Manifest } from '../../domain/image.ts';

/**
 * Of manifests as they are stored. What earlier versions could not read has a new number, and comes with a migration: they refuse
 * the whole database at their start, and meet no such row. As two versions are at work during an upgrade, one reads a new number
 * before the next one writes it.
 */
export const MANIFEST_FORMAT = 1;

/** Those of before there were numbers are of the first format. */
export const StoredManifest = Manifest.extend({
  format: z.literal(MANIFEST_FORMAT).default(MANIFEST_FORMAT),
}).transform(({ format: _, ...manifest }): Manifest => manifest);

export const storedManifest = (manifest: Manifest): string =>
  JSON.stringify({ format: MANIFEST_FORMAT, ...manifest });
