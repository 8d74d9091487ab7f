import Negotiator from 'negotiator';
import { FILE_EXTENSION, MEDIA_TYPE, type Variant } from '../../shared/domain/image.ts';
import { HASH_DIGITS, variantUrlName } from '../../shared/domain/variant-url.ts';

const HASHED = new RegExp(`^([^.]+)\\.[0-9a-f]{${HASH_DIGITS}}\\.([^.]+)$`);

export interface Choice {
  variant: Variant;
  /** The URL names these very bytes, so the answer never changes. */
  immutable: boolean;
  /** The format was chosen by `Accept`. */
  negotiated: boolean;
}

/**
 * Finds what the last part of a URL asks for.
 * @param accept the request's `Accept`; counts only where the URL names no format
 */
export function chooseVariant(
  variants: readonly Variant[],
  urlName: string,
  accept: string | undefined,
): Choice | null {
  const exact = variants.find((variant) => variantUrlName(variant) === urlName);
  if (exact) return { variant: exact, immutable: true, negotiated: false };

  const bare = variants.find(({ name, format }) => `${name}.${FILE_EXTENSION[format]}` === urlName);
  if (bare) return { variant: bare, immutable: false, negotiated: false };

  const named = variants.filter(({ name }) => name === urlName);
  const variant = bestFor(named, accept);
  return variant ? { variant, immutable: false, negotiated: true } : null;
}

/**
 * What has taken the place of a variant that the URL names by a hash: of the same name, in the same format. Null: the URL
 * has no hash, or there is none.
 */
export function presentVersionOf(variants: readonly Variant[], urlName: string): string | null {
  const [, name, extension] = HASHED.exec(urlName) ?? [];
  const present = variants.find(
    (variant) => variant.name === name && FILE_EXTENSION[variant.format] === extension,
  );
  return present ? variantUrlName(present) : null;
}

/**
 * JPEG where a client takes anything, another format where it names it; JPEG too where it takes none of ours,
 * since a picture in spite of `Accept` serves more than a 406 (RFC 9110, section 12.5.1, leaves the choice).
 */
function bestFor(variants: readonly Variant[], accept: string | undefined): Variant | undefined {
  const byType = new Map(variants.map((variant) => [MEDIA_TYPE[variant.format], variant]));
  // Of types that the client likes equally, the first here wins.
  const types = [MEDIA_TYPE.jpeg, MEDIA_TYPE.avif, MEDIA_TYPE.webp, MEDIA_TYPE.png].filter((type) =>
    byType.has(type),
  );
  const type = new Negotiator({ headers: { accept: accept ?? '*/*' } }).mediaType(types) ?? types[0];
  return type === undefined ? undefined : byType.get(type);
}
