/** Brands of ISO base media files, as registered at mp4ra.org, most telling first. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^(hei[cxms]|hev[cxms])$/, 'HEIC'],
  [/^crx $/, 'Canon RAW'],
  [/^jxl $/, 'JPEG XL'],
  [/^(jp2|jpx|jpm) $/, 'JPEG 2000'],
  [/^M4[AB] $/, 'MP4 audio'],
  [/^qt {2}$/, 'QuickTime video'],
  [/^3g/, '3GP video'],
  // Structural brands of HEIF: without AVIF's own the codec is another one, in practice HEVC.
  [/^(mif[12]|msf1|miaf)$/, 'HEIC'],
  [/^(iso[0-9a-z]|mp4\d|avc1|M4V |dash|f4v |MSNV)$/, 'MP4 video'],
];

export type IsoMedia = { kind: 'avif' } | { kind: 'other'; found: string };

/**
 * What the `ftyp` box at the start of a file (as Latin-1) says of it, or undefined where there is none. A file is
 * AVIF by any of its brands (AVIF 1.1, section 6): the first of them is often the structural `mif1`.
 */
export function isoMedia(latin1: string): IsoMedia | undefined {
  if (!latin1.startsWith('ftyp', 4)) return undefined;
  const brands = brandsOf(latin1);
  if (brands.some((brand) => brand === 'avif' || brand === 'avis')) return { kind: 'avif' };

  for (const [pattern, found] of NAMES) {
    if (brands.some((brand) => pattern.test(brand))) return { kind: 'other', found };
  }
  return { kind: 'other', found: 'an unknown media file' };
}

/** The major brand stands at 8, a version at 12, compatible ones from 16 to the end of the box. */
function brandsOf(latin1: string): string[] {
  const size = [0, 1, 2, 3].reduce((sum, at) => sum * 256 + latin1.charCodeAt(at), 0);
  const brands = [latin1.slice(8, 12)];
  for (let at = 16; at + 4 <= Math.min(size, latin1.length); at += 4) brands.push(latin1.slice(at, at + 4));
  return brands;
}
