import { thumbHashToDataURL } from 'thumbhash';

interface Variant {
  format: string;
  width: number;
  height: number;
  url: string;
}

/** What is used of a manifest, `GET /images/:id`. */
export interface Image {
  /** Why there are no variants, and never will be; null: it has not failed. */
  failure: string | null;
  variants: Variant[];
  /** In base64, at most 25 bytes. */
  thumbhash: string;
}

/** From what is best where a browser knows it to what each of them knows. */
const FORMATS = ['avif', 'webp', 'png', 'jpeg'];

/**
 * A `<picture>` with all sizes in all formats, of which a browser takes what fits, and a placeholder of some 30 pixels that it shows
 * until then, without a request. Sizes that are cropped, such as `thumb` of the default preset, are other pictures, and left out.
 * @param origin where browsers reach Darkroom, such as https://photos.example
 */
export function pictureOf({ variants, thumbhash }: Image, origin: string): string {
  const largest = variants.reduce((one, other) => (other.width > one.width ? other : one));
  const isWhole = ({ width, height }: Variant) =>
    Math.abs(width * largest.height - height * largest.width) <= Math.max(largest.width, largest.height);
  const whole = variants.filter(isWhole).sort((one, other) => one.width - other.width);
  const formats = FORMATS.filter((format) => whole.some((it) => it.format === format));
  const srcset = (format: string) =>
    whole
      .filter((it) => it.format === format)
      .map(({ url, width }) => `${address(url)} ${width}w`)
      .join(', ');
  const address = (url: string) => new URL(url, origin).href.replaceAll('&', '&amp;');
  const sizes = `(max-width: ${largest.width}px) 100vw, ${largest.width}px`;
  const fallback = formats.at(-1) ?? '';
  const last = whole.findLast(({ format }) => format === fallback) ?? largest;
  const placeholder = thumbHashToDataURL(Uint8Array.from(Buffer.from(thumbhash, 'base64')));
  return `<picture>
${formats
  .slice(0, -1)
  .map((format) => `<source type="image/${format}" sizes="${sizes}" srcset="${srcset(format)}">\n`)
  .join('')}<img src="${address(last.url)}" sizes="${sizes}" srcset="${srcset(fallback)}"
  width="${last.width}" height="${last.height}" alt="The photo that was uploaded"
  style="max-width: 100%; height: auto; background: url(${placeholder}) center / cover">
</picture>`;
}
