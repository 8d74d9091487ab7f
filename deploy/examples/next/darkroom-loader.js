'use client';

/**
 * The loader of next/image for Darkroom: `images: { loader: 'custom', loaderFile: './darkroom-loader.js' }` in next.config.js. It
 * chooses among the variants that are there, which never change, so that nothing is resized when it is asked for, and Next's own
 * optimizer has nothing to do.
 *
 * @param src as `photoProps` has it: the address of the image, and after `#` a `width=path` for each variant, from the smallest on
 * @param width one of Next's `deviceSizes` and `imageSizes`, in pixels. The quality is the preset's: what Next says of it is not heard
 * @returns the address of the smallest variant that is as wide, or of the largest one
 */
export default function darkroomLoader({ src, width }) {
  const { origin, hash } = new URL(src);
  const variants = [...new URLSearchParams(hash.slice(1))];
  const [, path] = variants.find(([wide]) => Number(wide) >= width) ?? variants.at(-1);
  return origin + path;
}
