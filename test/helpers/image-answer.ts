import { z } from 'zod';
import { PrivacyReceipt } from '../../shared/domain/description.ts';
import { OutputFormat } from '../../shared/domain/image.ts';
import type { RunningService } from './service.ts';
import type { Accepted } from './upload.ts';

const VariantAnswer = z.object({
  name: z.string(),
  format: OutputFormat,
  width: z.int(),
  height: z.int(),
  bytes: z.int(),
  sha256: z.string(),
  frames: z.int(),
  url: z.string(),
});
export type VariantAnswer = z.infer<typeof VariantAnswer>;

export const ImageAnswer = z.looseObject({
  id: z.string(),
  status: z.string(),
  failure: z.string().nullable(),
  source: z.object({
    format: z.string(),
    width: z.int(),
    height: z.int(),
    frames: z.int(),
    bytes: z.int(),
    sha256: z.string(),
  }),
  preset: z.string(),
  metadata: z.unknown(),
  variants: z.array(VariantAnswer),
  privacy: PrivacyReceipt.nullable(),
});
export type ImageAnswer = z.infer<typeof ImageAnswer>;

/** What the service says of an image. */
export async function imageOf(
  service: RunningService,
  { links }: Pick<Accepted, 'links'>,
): Promise<ImageAnswer> {
  return ImageAnswer.parse(await (await service.fetch(links.self)).json());
}

export async function bytesOf(service: RunningService, variant: VariantAnswer): Promise<Buffer> {
  return Buffer.from(await (await service.fetch(variant.url)).arrayBuffer());
}

/** One variant of a manifest. */
export function variantOf(image: ImageAnswer, name: string, format: VariantAnswer['format']): VariantAnswer {
  const found = image.variants.find((variant) => variant.name === name && variant.format === format);
  if (!found) throw new Error(`there is no ${name} in ${format}`);
  return found;
}
