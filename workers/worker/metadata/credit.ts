import type { Sharp } from 'sharp';
import type { FoundMetadata } from './findings.ts';

/** What a preset with `keepCopyright` leaves in each variant. */
export type Credit = Pick<FoundMetadata, 'copyright' | 'artist'>;

/** As the parent takes it. */
const TEXT_AT_MOST = 512;

/** The picture with a copyright and an artist in its EXIF, and nothing else but what EXIF and libvips want beside them. */
export function withCredit(picture: Sharp, { copyright, artist }: Credit): Sharp {
  const kept = Object.entries({ Copyright: plain(copyright), Artist: plain(artist) });
  const texts = kept.filter((entry): entry is [string, string] => entry[1] !== null);
  return texts.length > 0 ? picture.withExif({ IFD0: Object.fromEntries(texts) }) : picture;
}

/** What Unicode does not take apart, and names and copyrights have. */
const LETTERS: ReadonlyMap<string, string> = new Map([
  ['©', '(c)'],
  ['®', '(R)'],
  ['ß', 'ss'],
  ['æ', 'ae'],
  ['Æ', 'AE'],
  ['œ', 'oe'],
  ['Œ', 'OE'],
  ['ø', 'o'],
  ['Ø', 'O'],
  ['ł', 'l'],
  ['Ł', 'L'],
  ['đ', 'd'],
  ['Đ', 'D'],
  ['–', '-'],
  ['—', '-'],
  ['‘', "'"],
  ['’', "'"],
  ['“', '"'],
  ['”', '"'],
]);

/**
 * In ASCII, which is all that EXIF 2.32 has for texts, without control characters. Null where nothing but
 * replacements would be left of it: a row of question marks is nobody's name.
 */
export function plain(text: string | null): string | null {
  if (text === null) return null;
  const letters = text
    .slice(0, TEXT_AT_MOST)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[\p{C}\s]+/gu, ' ')
    .replace(/[^ -~]/gu, (letter) => LETTERS.get(letter) ?? '?');
  const short = letters.trim().slice(0, TEXT_AT_MOST);
  return /[a-z0-9]/i.test(short) ? short : null;
}
