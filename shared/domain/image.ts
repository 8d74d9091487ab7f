import { z } from 'zod';
import { Description, PrivacyReceipt } from './description.ts';
import { Focus } from './focus.ts';
import { ImageId, RunId, Sha256, Tenant } from './ids.ts';

/** The formats that are accepted, decided by the first bytes and by nothing that the client says. */
export const INPUT_FORMATS = ['jpeg', 'png', 'webp', 'avif', 'heic', 'gif', 'tiff'] as const;
export const InputFormat = z.enum(INPUT_FORMATS);
export type InputFormat = z.infer<typeof InputFormat>;

/** What HTTP and file names call them. */
export const INPUT_MEDIA_TYPE: Record<InputFormat, string> = {
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  avif: 'image/avif',
  heic: 'image/heic',
  gif: 'image/gif',
  tiff: 'image/tiff',
};
export const INPUT_EXTENSION: Record<InputFormat, string> = {
  jpeg: 'jpg',
  png: 'png',
  webp: 'webp',
  avif: 'avif',
  heic: 'heic',
  gif: 'gif',
  tiff: 'tif',
};

/** The formats that variants are made in, with what HTTP and file names call them. */
export const OUTPUT_FORMATS = ['jpeg', 'webp', 'avif', 'png'] as const;
export const OutputFormat = z.enum(OUTPUT_FORMATS);
export type OutputFormat = z.infer<typeof OutputFormat>;

export const MEDIA_TYPE: Record<OutputFormat, string> = {
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  avif: 'image/avif',
  png: 'image/png',
};
export const FILE_EXTENSION: Record<OutputFormat, string> = {
  jpeg: 'jpg',
  webp: 'webp',
  avif: 'avif',
  png: 'png',
};

/**
 * What the header of an upload declares, read in plain JavaScript.
 * `width` and `height` are in pixels as stored (before orientation); `frames` is 1 for a still picture.
 */
export const ImageHeader = z.object({
  format: InputFormat,
  width: z.int().min(1),
  height: z.int().min(1),
  frames: z.int().min(1),
});
export type ImageHeader = z.infer<typeof ImageHeader>;

/** Names of variants and presets: they become parts of file names and URLs. */
export const Name = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,31}$/, 'a name of at most 32 small letters, digits, - and _, a letter first');

/** Named, for the contract: it is a part of itself. */
const Json = z.json().register(z.globalRegistry, { id: 'Json', description: 'Any value of JSON.' });

/** Free JSON that a client keeps with an image: an object of at most {@link MAX_METADATA_BYTES} as sent. */
export const Metadata = z.record(z.string(), Json);
export type Metadata = z.infer<typeof Metadata>;
export const MAX_METADATA_BYTES = 4096;

/** One published file: a size in a format. */
export const Variant = z.object({
  name: Name,
  format: OutputFormat,
  width: z.int().min(1),
  height: z.int().min(1),
  bytes: z.int().min(1),
  sha256: Sha256,
  /** 1 for a still picture. */
  frames: z.int().min(1).default(1),
});
export type Variant = z.infer<typeof Variant>;

/** Part of every manifest. It changes when the same original and preset give other bytes. */
export const PIPELINE_VERSION = 2;

/** What the variants of a set are. Published with them, atomically, and never changed. */
export const Manifest = z.object({
  /** The pipeline that made them: a new number means that the same original gives other bytes. */
  pipelineVersion: z.int().min(1),
  variants: z.array(Variant).min(1),
  /** These two are null in manifests of pipeline 1. */
  description: Description.nullable().default(null),
  privacy: PrivacyReceipt.nullable().default(null),
});
export type Manifest = z.infer<typeof Manifest>;

/** The resource: its original and what the client said of it. */
export const Image = z.object({
  id: ImageId,
  tenant: Tenant,
  sha256: Sha256,
  bytes: z.int().min(1),
  header: ImageHeader,
  preset: Name,
  metadata: Metadata.nullable(),
  /** What the client says matters in it, whether its preset asks for it or not. */
  focus: Focus.nullable(),
  /** Milliseconds since 1970. */
  createdAt: z.int(),
  /** Its original has not been kept since then; null: it is there. */
  originalRemovedAt: z.int().nullable(),
  /** From then on it is as good as deleted; null: never. */
  expiresAt: z.int().nullable(),
});
export type Image = z.infer<typeof Image>;

/** What makes two sets the same: the same bytes of one tenant, by one recipe and one pipeline. */
export interface SetKey {
  tenant: Tenant;
  sha256: Sha256;
  /** Of the recipe: the preset as it was, whatever its name means later, and the focus. */
  recipeDigest: Sha256;
  pipelineVersion: number;
}

/** The published variants of one original under one preset, in a directory named by the run that made them. */
export const PublishedSet = z.object({ runId: RunId, manifest: Manifest, publishedAt: z.int() });
export type PublishedSet = z.infer<typeof PublishedSet>;

/** The name of a variant's file within its set. */
export function variantFileName(variant: { name: string; format: OutputFormat }): string {
  return `${variant.name}.${FILE_EXTENSION[variant.format]}`;
}
