import type { VariantAnswer } from './answers.ts';
import { bySize, uncropped } from './variants.ts';

const MEDIA_TYPES: Record<string, string> = {
  avif: 'image/avif',
  webp: 'image/webp',
  jpeg: 'image/jpeg',
  png: 'image/png',
};

/** From what is best where a browser knows it to what each of them knows. */
const ORDER = ['avif', 'webp', 'png', 'jpeg'];

export interface SnippetOf {
  variants: readonly VariantAnswer[];
  /** What addresses begin with, such as `https://photos.example`. */
  origin: string;
  /** A small picture as a `data:` address, shown until the photo is there; null: none. */
  placeholder: string | null;
}

/** A `<picture>` to paste into a page: the browser chooses format and size, and the page keeps its place. */
export function snippetOf({ variants, origin, placeholder }: SnippetOf): string {
  const formats = Map.groupBy(bySize(uncropped(variants)), ({ format }) => format);
  const ordered = [...formats].sort(([one], [other]) => ORDER.indexOf(one) - ORDER.indexOf(other));
  const [, fallback = []] = ordered.at(-1) ?? [];
  const largest = fallback.at(-1);
  if (!largest) return '';
  const sizes = `(max-width: ${largest.width}px) 100vw, ${largest.width}px`;
  const srcset = (of: readonly VariantAnswer[]) =>
    of.map(({ url, width }) => `${escaped(origin + url)} ${width}w`).join(',\n      ');
  const sources = ordered.slice(0, -1).map(
    ([format, of]) => `  <source type="${MEDIA_TYPES[format]}" sizes="${sizes}"
    srcset="${srcset(of)}">\n`,
  );
  const style = placeholder ? `\n    style="background: url(${placeholder}) center / cover"` : '';
  return `<picture>
${sources.join('')}  <img src="${escaped(origin + largest.url)}" sizes="${sizes}"
    srcset="${srcset(fallback)}"
    width="${largest.width}" height="${largest.height}" alt="Describe this photo"
    loading="lazy" decoding="async"${style}>
</picture>`;
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
