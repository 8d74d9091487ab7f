import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Sha256 } from './ids.ts';
import { Name, OutputFormat } from './image.ts';

/**
 * How a picture is fitted into a size. `inside` keeps the aspect and never enlarges;
 * `cover` crops to exactly the aspect of the size, around the centre, and never enlarges.
 */
export const VariantSpec = z.object({
  name: Name,
  width: z.int().min(1).max(16_383),
  height: z.int().min(1).max(16_383),
  fit: z.enum(['inside', 'cover']),
});
export type VariantSpec = z.infer<typeof VariantSpec>;

export const OutputSpec = z.object({
  format: OutputFormat,
  /** 1 to 100, as libvips counts it. */
  quality: z.int().min(1).max(100),
});
export type OutputSpec = z.infer<typeof OutputSpec>;

/** A named list of variants to make: each size in each output format. */
export const Preset = z.object({
  name: Name,
  sizes: z.array(VariantSpec).min(1).max(16),
  outputs: z.array(OutputSpec).min(1).max(4),
});
export type Preset = z.infer<typeof Preset>;

export const DEFAULT_PRESET: Preset = {
  name: 'default',
  sizes: [
    { name: 'large', width: 1600, height: 1600, fit: 'inside' },
    { name: 'medium', width: 800, height: 800, fit: 'inside' },
    { name: 'thumb', width: 320, height: 320, fit: 'cover' },
  ],
  outputs: [
    { format: 'jpeg', quality: 80 },
    { format: 'webp', quality: 80 },
  ],
};

export const PRESETS: ReadonlyMap<string, Preset> = new Map([[DEFAULT_PRESET.name, DEFAULT_PRESET]]);

/** The same for presets that make the same variants: their names do not count. */
export function presetDigest({ sizes, outputs }: Preset): Sha256 {
  const text = JSON.stringify([
    sizes.map(({ name, width, height, fit }) => [name, width, height, fit]),
    outputs.map(({ format, quality }) => [format, quality]),
  ]);
  return Sha256.parse(createHash('sha256').update(text).digest('hex'));
}
