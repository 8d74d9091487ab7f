import type { ImageId } from './ids.ts';
import { FILE_EXTENSION, type Variant } from './image.ts';

/** Digits of a variant's SHA-256 in its URL: 64 bits tell any two versions apart. */
export const HASH_DIGITS = 16;

type Named = Pick<Variant, 'name' | 'format' | 'sha256'>;

/** `large.1f2e3d4c5b6a7988.webp`: name, hash, format. A client may leave out the hash, or the hash and the format. */
export function variantUrlName({ name, format, sha256 }: Named): string {
  return `${name}.${sha256.slice(0, HASH_DIGITS)}.${FILE_EXTENSION[format]}`;
}

export const variantPath = (image: ImageId, urlName: string): string => `/images/${image}/${urlName}`;

/** Every path that these variants of an image are found at. */
export function pathsOf(image: ImageId, variants: readonly Named[]): string[] {
  const names = variants.flatMap((variant) => [
    variantUrlName(variant),
    `${variant.name}.${FILE_EXTENSION[variant.format]}`,
    variant.name,
  ]);
  return [...new Set(names)].map((name) => variantPath(image, name));
}
