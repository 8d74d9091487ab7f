export type IsoMedia = { kind: 'heif' } | { kind: 'other'; found: string };

const HEIF: IsoMedia = { kind: 'heif' };
const other = (found: string): IsoMedia => ({ kind: 'other', found });

/** Brands of ISO base media files, as registered at mp4ra.org, most telling first. */
const BRANDS: readonly (readonly [RegExp, IsoMedia])[] = [
  // What the picture is coded with its primary item says, and decoders go by that: these are only what is to be expected.
  [/^(avi[fs]|hei[cxms]|hev[cxms])$/, HEIF],
  [/^crx $/, other('Canon RAW')],
  [/^jxl $/, other('JPEG XL')],
  [/^(jp2|jpx|jpm) $/, other('JPEG 2000')],
  [/^M4[AB] $/, other('MP4 audio')],
  [/^qt {2}$/, other('QuickTime video')],
  [/^3g/, other('3GP video')],
  // Structural brands, of any coding.
  [/^(mif[12]|msf1|miaf)$/, HEIF],
  [/^(iso[0-9a-z]|mp4\d|avc1|M4V |dash|f4v |MSNV)$/, other('MP4 video')],
];

/**
 * What the `ftyp` box at the start of a file (as Latin-1) says of it, or undefined where there is none. A file is
 * HEIF by any of its brands (AVIF 1.1, section 6): the first of them is often the structural `mif1`.
 */
export function isoMedia(latin1: string): IsoMedia | undefined {
  if (!latin1.startsWith('ftyp', 4)) return undefined;
  const brands = brandsOf(latin1);
  const known = BRANDS.find(([pattern]) => brands.some((brand) => pattern.test(brand)));
  return known?.[1] ?? other('an unknown media file');
}

/** The major brand stands at 8, a version at 12, compatible ones from 16 to the end of the box. */
function brandsOf(latin1: string): string[] {
  const size = [0, 1, 2, 3].reduce((sum, at) => sum * 256 + latin1.charCodeAt(at), 0);
  const brands = [latin1.slice(8, 12)];
  for (let at = 16; at + 4 <= Math.min(size, latin1.length); at += 4) brands.push(latin1.slice(at, at + 4));
  return brands;
}
