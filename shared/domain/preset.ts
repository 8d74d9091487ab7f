import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Focus } from './focus.ts';
import { Sha256 } from './ids.ts';
import { Name, OutputFormat } from './image.ts';

/** Where the picture is looked for that a `cover` keeps: `focus` is the point that the upload names, else the centre. */
export const CROP_POSITIONS = ['centre', 'attention', 'entropy', 'focus'] as const;

/** A picture of the operator's, laid over a variant. All measures are shares of the variant's shorter side. */
export const Watermark = z.strictObject({
  /** Of the PNG, which the job store keeps: a file that goes missing later takes nothing with it. */
  sha256: Sha256,
  corner: z.enum(['top-left', 'top-right', 'bottom-left', 'bottom-right', 'centre']).default('bottom-right'),
  width: z.number().min(0.01).max(1).default(0.2),
  margin: z.number().min(0).max(0.5).default(0.03),
  opacity: z.number().min(0.01).max(1).default(0.5),
});
export type Watermark = z.infer<typeof Watermark>;

/**
 * How a picture is fitted into a size. `inside` keeps the aspect and never enlarges;
 * `cover` crops to exactly the aspect of the size, and never enlarges.
 */
export const VariantSpec = z.strictObject({
  name: Name.refine((name) => name !== 'similar' && name !== 'original', {
    error: ({ input }) => `the name is taken: /images/:id/${String(input)} is another answer`,
  }),
  width: z.int().min(1).max(16_383),
  height: z.int().min(1).max(16_383),
  fit: z.enum(['inside', 'cover']),
  /** Which part a `cover` keeps. */
  position: z.enum(CROP_POSITIONS).default('centre'),
  /** A mild sharpening after the reduction, for thumbnails that look soft. */
  sharpen: z.boolean().default(false),
  /** Whether the preset's watermark is laid over this size. */
  watermark: z.boolean().default(false),
});
export type VariantSpec = z.infer<typeof VariantSpec>;

/** The lowest and the highest effort of an encoder, as libvips counts it; more takes longer and makes smaller files. */
export const EFFORT = {
  jpeg: { least: 0, most: 1, byDefault: 0 },
  webp: { least: 0, most: 6, byDefault: 2 },
  avif: { least: 0, most: 9, byDefault: 2 },
  png: { least: 0, most: 9, byDefault: 6 },
} as const satisfies Record<OutputFormat, { least: number; most: number; byDefault: number }>;

/** Where nothing else is asked for: at these, files look alike, by the bench of the encoders. PNG keeps every pixel as it is. */
const QUALITY: Record<OutputFormat, number> = { jpeg: 80, webp: 80, avif: 65, png: 100 };

export const OutputSpec = z
  .strictObject({
    format: OutputFormat,
    /** 1 to 100, as libvips counts it. PNG keeps every pixel as it is, and has none. */
    quality: z.int().min(1).max(100).optional(),
    effort: z.int().min(0).max(9).optional(),
  })
  .transform((given, context) => {
    const { format, quality = QUALITY[format], effort = EFFORT[format].byDefault } = given;
    const { least, most } = EFFORT[format];
    if (effort < least || effort > most) {
      context.addIssue({
        code: 'custom',
        path: ['effort'],
        message: `the effort of ${format} is from ${least} to ${most}`,
      });
      return z.NEVER;
    }
    return { format, quality, effort };
  });
export type OutputSpec = z.infer<typeof OutputSpec>;

const PresetFields = z.strictObject({
  sizes: z.array(VariantSpec).min(1).max(16),
  /** PNG is made of pictures with alpha alone, beside the others. */
  outputs: z.array(OutputSpec).min(1).max(4),
  /** What shows through where a format has no alpha. */
  background: z
    .string()
    .regex(/^#[0-9a-f]{6}$/, 'a colour such as #ffffff')
    .default('#ffffff'),
  /** All frames of an animation, in WebP; else the first frame alone. The other formats have the first frame. */
  animated: z.boolean().default(false),
  /** Keeps `Copyright` and `Artist` of the original in the variants. */
  keepCopyright: z.boolean().default(false),
});

/** What one field alone cannot tell. */
function checkWhole(
  { sizes, outputs, watermark }: Pick<Preset, 'sizes' | 'outputs'> & { watermark: object | null },
  context: z.RefinementCtx,
): void {
  const fault = (message: string, ...path: (string | number)[]) =>
    context.addIssue({ code: 'custom', message, path });
  if (!distinct(sizes.map(({ name }) => name))) fault('two sizes have the same name', 'sizes');
  if (!distinct(outputs.map(({ format }) => format))) fault('a format stands here twice', 'outputs');
  if (outputs.every(({ format }) => format === 'png')) {
    fault('png is made of pictures with alpha alone: another format has to stand beside it', 'outputs');
  }
  if (sizes.some((size) => size.watermark) !== (watermark !== null)) {
    fault('a watermark and the sizes that have it go together', 'watermark');
  }
}

/** A named list of variants to make: each size in each output format. */
export const Preset = PresetFields.extend({
  name: Name,
  watermark: Watermark.nullable().default(null),
}).superRefine(checkWhole);
export type Preset = z.infer<typeof Preset>;

/** A preset as an operator writes it, under its name: the watermark is named by the path of its PNG. */
export const WrittenPreset = PresetFields.extend({
  watermark: Watermark.omit({ sha256: true })
    .extend({ file: z.string().min(1).max(4096) })
    .nullable()
    .default(null),
}).superRefine(checkWhole);
export type WrittenPreset = z.infer<typeof WrittenPreset>;

const distinct = (values: readonly string[]): boolean => new Set(values).size === values.length;

/** The formats that are made of a picture. */
export const outputsFor = ({ outputs }: Preset, hasAlpha: boolean): OutputSpec[] =>
  outputs.filter(({ format }) => format !== 'png' || hasAlpha);

/** All that decides, beside the original, what the variants are: kept with the job, so that a change of the presets does not change it. */
export const Recipe = z.object({ preset: Preset, focus: Focus.nullable() });
export type Recipe = z.infer<typeof Recipe>;

/** The focus counts only where the preset asks for it. */
export function recipeFor(preset: Preset, focus: Focus | null): Recipe {
  const used = preset.sizes.some(({ fit, position }) => fit === 'cover' && position === 'focus');
  return { preset, focus: used ? focus : null };
}

/** The same for presets whose recipes differ in nothing but the focus. */
export const presetDigest = (preset: Preset): Sha256 => recipeDigest({ preset, focus: null });

/** The same for recipes that make the same variants: the name of the preset does not count. */
export function recipeDigest({ preset, focus }: Recipe): Sha256 {
  const { name: _, ...makes } = preset;
  return Sha256.parse(
    createHash('sha256')
      .update(JSON.stringify([makes, focus]))
      .digest('hex'),
  );
}

export const DEFAULT_PRESET: Preset = Preset.parse({
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
});
