import { z } from 'zod';

/** What a seller can be told about a picture; the thresholds and what they were measured on are in the worker's `verdict.ts`. */
export const VERDICTS = ['blurry', 'dark', 'tiny', 'screenshot'] as const;
export const Verdict = z.enum(VERDICTS);
export type Verdict = z.infer<typeof Verdict>;

/** 64 bits as 16 hexadecimal digits: pictures that look alike differ in few of them. */
export const PerceptualHash = z
  .string()
  .regex(/^[0-9a-f]{16}$/)
  .brand<'PerceptualHash'>();
export type PerceptualHash = z.infer<typeof PerceptualHash>;

const Share = z.number().min(0).max(1);

/** What a picture looks like, told from its pixels. */
export const Description = z.object({
  /** ThumbHash of at most 25 bytes, in base64: a placeholder until a variant is there. */
  thumbhash: z.base64().max(64),
  /** The dominant colour. */
  colour: z.string().regex(/^#[0-9a-f]{6}$/),
  perceptualHash: PerceptualHash,
  hasAlpha: z.boolean(),
  quality: z.object({
    /** How abrupt the sharpest edges are, at a fixed size: a ratio from 0 to about 2. */
    sharpness: z.number().min(0),
    /** Mean lightness. */
    brightness: Share,
    /** Shares of the pixels that are all but black, and all but white. */
    shadows: Share,
    highlights: Share,
    verdicts: z.array(Verdict).max(VERDICTS.length),
  }),
});
export type Description = z.infer<typeof Description>;

/** Kinds of metadata that an original may hold: what it tells, and the blocks that it is told in. */
export const METADATA_KINDS = [
  /** Where it was taken: GPS in EXIF or XMP, or a place in IPTC or XMP. */
  'position',
  /** Make and model. */
  'camera',
  /** Serial numbers of the camera or its lens, or an id that no other picture has. */
  'camera_serial',
  /** Whose camera it is, or who wrote of it. */
  'owner',
  'artist',
  'copyright',
  /** When it was taken, or changed. */
  'time',
  /** A smaller picture, which may show what was cropped away from the large one. */
  'thumbnail',
  /** Free text: what somebody wrote of the picture. */
  'comment',
  /** A second picture, of what a display with more light would show. */
  'gain_map',
  'exif',
  'xmp',
  'iptc',
  /** A colour profile (ICC). */
  'profile',
  /** What the maker of the camera writes in a form of his own. */
  'maker_note',
] as const;
export const MetadataKind = z.enum(METADATA_KINDS);
export type MetadataKind = z.infer<typeof MetadataKind>;

/**
 * The privacy receipt: kinds and never values. What was found is what the worker has seen; what was removed is in no
 * variant, whose bytes have all passed a parser that lets nothing through but a picture, and what the preset keeps.
 */
export const PrivacyReceipt = z.object({
  found: z.array(MetadataKind).max(METADATA_KINDS.length),
  removed: z.array(MetadataKind).max(METADATA_KINDS.length),
});
export type PrivacyReceipt = z.infer<typeof PrivacyReceipt>;
