import { describe, expect, test } from 'vitest';
import { chooseVariant, presentVersionOf } from '../../../server/delivery/choose-variant.ts';
import type { OutputFormat, Variant } from '../../../shared/domain/image.ts';
import { variantUrlName } from '../../../shared/domain/variant-url.ts';
import { sha256Of } from '../../helpers/job-records.ts';

const variant = (name: string, format: OutputFormat): Variant => ({
  name,
  format,
  width: 10,
  height: 10,
  bytes: 5,
  sha256: sha256Of(`${name} ${format}`),
  frames: 1,
});
const VARIANTS = [
  variant('large', 'jpeg'),
  variant('large', 'webp'),
  variant('thumb', 'jpeg'),
  variant('thumb', 'webp'),
];

const formatFor = (accept: string | undefined, variants: readonly Variant[] = VARIANTS) =>
  chooseVariant(variants, 'large', accept)?.variant.format;

describe('a URL', () => {
  test.each(VARIANTS)(
    'with name, hash and format names these very bytes for ever ($name, $format)',
    (wanted) => {
      expect(chooseVariant(VARIANTS, variantUrlName(wanted), 'image/webp')).toEqual({
        variant: wanted,
        immutable: true,
        negotiated: false,
      });
    },
  );

  test.each([
    ['large.jpg', 'large', 'jpeg'],
    ['thumb.webp', 'thumb', 'webp'],
  ])('%s names a format, and Accept does not count', (url, name, format) => {
    expect(chooseVariant(VARIANTS, url, 'image/png')).toMatchObject({
      variant: { name, format },
      immutable: false,
      negotiated: false,
    });
  });

  test('with a name alone leaves the format to Accept', () => {
    expect(chooseVariant(VARIANTS, 'thumb', 'image/webp')).toMatchObject({
      variant: { name: 'thumb', format: 'webp' },
      immutable: false,
      negotiated: true,
    });
  });

  test.each([
    '',
    'huge',
    'large.png',
    'large.',
    '.jpg',
    'large.0000000000000000.jpg',
    'LARGE',
    'large/../thumb',
    '__proto__',
  ])('%j names nothing', (url) => {
    expect(chooseVariant(VARIANTS, url, '*/*')).toBeNull();
  });

  test('with the hash of another format names nothing', () => {
    const [jpeg, webp] = VARIANTS;
    if (!jpeg || !webp) throw new Error('there are two');
    const mixed = variantUrlName(jpeg).replace('.jpg', '.webp');
    expect(chooseVariant(VARIANTS, mixed, undefined)).toBeNull();
  });

  test('has sixteen digits of the hash', () => {
    expect(VARIANTS.map(variantUrlName)[1]).toMatch(/^large\.[0-9a-f]{16}\.webp$/);
  });
});

describe('the format for Accept', () => {
  test.each([
    ['Chrome 130, <img>', 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8', 'webp'],
    [
      'Chrome 130, navigation',
      'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7',
      'webp',
    ],
    ['Firefox 131, <img>', 'image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5', 'webp'],
    ['Firefox 64, <img>, before it had WebP', '*/*', 'jpeg'],
    [
      'Safari 17, <img>',
      'image/webp,image/avif,image/jxl,image/heic,image/heic-sequence,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5',
      'webp',
    ],
    [
      'Safari 13, <img>, which has no WebP',
      'image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5',
      'jpeg',
    ],
    ['curl', '*/*', 'jpeg'],
    ['no header', undefined, 'jpeg'],
    ['an empty header', '', 'jpeg'],
    ['any picture', 'image/*', 'jpeg'],
    ['WebP by name', 'image/webp', 'webp'],
    ['JPEG by name', 'image/jpeg', 'jpeg'],
    ['WebP preferred', 'image/jpeg;q=0.5,image/webp;q=0.9', 'webp'],
    ['JPEG preferred', 'image/jpeg;q=0.9,image/webp;q=0.5', 'jpeg'],
    ['WebP refused', 'image/webp;q=0,*/*', 'jpeg'],
    ['JPEG refused', 'image/jpeg;q=0,*/*', 'webp'],
    ['none of ours', 'image/png', 'jpeg'],
    ['rubbish', ';;;,,,q=', 'jpeg'],
    ['in capitals', 'IMAGE/WEBP', 'webp'],
  ])('of %s is right', (_, accept, format) => {
    expect(formatFor(accept)).toBe(format);
  });

  test('is what there is, where there is but one', () => {
    const only = [variant('large', 'webp')];
    expect(formatFor('image/jpeg', only)).toBe('webp');
    expect(formatFor(undefined, only)).toBe('webp');
  });
});

describe('a URL with the hash of another time', () => {
  test('stands for what has the same name and format now', () => {
    const [large] = VARIANTS;
    expect(presentVersionOf(VARIANTS, 'large.0123456789abcdef.jpg')).toBe(large && variantUrlName(large));
  });

  test.each([
    'large.0123456789abcdef.png',
    'huge.0123456789abcdef.jpg',
    'large.0123456789abcde.jpg',
    'large.0123456789abcdef0.jpg',
    'large.0123456789ABCDEF.jpg',
    'large.0123456789abcdef',
    'large.0123456789abcdef.jpg.jpg',
    '.0123456789abcdef.jpg',
    'large.png',
    'large',
    '',
  ])('stands for nothing where there is no such variant, or no such hash: %s', (url) => {
    expect(presentVersionOf(VARIANTS, url)).toBeNull();
  });
});
