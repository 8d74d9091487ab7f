import { thumbHashToDataURL } from 'thumbhash';

/**
 * What `<Image {...photoProps(image, 'https://photos.example')} alt="…" sizes="…" />` needs, for a server component that has
 * read the image with an API key.
 *
 * @param image the manifest, as `GET /images/:id` answers it, with variants
 * @param origin where browsers reach Darkroom
 * @param format of the variants; every browser that Next supports knows WebP
 * @returns `src` for the loader, the size that keeps the place of the photo, and its placeholder, some 30 pixels of a PNG
 */
export function photoProps(image, origin, format = 'webp') {
  const variants = image.variants
    .filter((variant) => variant.format === format)
    .sort((one, other) => one.width - other.width);
  const { width, height } = variants.at(-1);
  // What is cropped is another picture.
  const whole = variants.filter(
    (it) => Math.abs(it.width * height - it.height * width) <= Math.max(width, height),
  );
  const list = new URLSearchParams(whole.map((variant) => [String(variant.width), variant.url]));
  return {
    src: `${new URL(image.links.self, origin).href}#${list}`,
    width,
    height,
    placeholder: 'blur',
    blurDataURL: thumbHashToDataURL(Uint8Array.from(atob(image.thumbhash), (c) => c.charCodeAt(0))),
  };
}
