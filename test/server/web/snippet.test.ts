import { expect, test } from 'vitest';
import type { VariantAnswer } from '../../../server/web/answers.ts';
import { snippetOf } from '../../../server/web/snippet.ts';

const variant = (name: string, format: 'jpeg' | 'webp' | 'avif', width: number, height: number, query = '') =>
  ({
    name,
    format,
    width,
    height,
    bytes: width,
    url: `/images/1/${name}.${format}${query}`,
  }) as VariantAnswer;

const ORIGIN = 'https://photos.example';

test('the best format comes first, sizes from the smallest, and the last format is for every browser', () => {
  const variants = [
    variant('large', 'jpeg', 1600, 1067),
    variant('large', 'avif', 1600, 1067),
    variant('large', 'webp', 1600, 1067),
    variant('medium', 'avif', 800, 533),
    variant('medium', 'jpeg', 800, 533),
  ];
  expect(snippetOf({ variants, origin: ORIGIN, placeholder: null })).toBe(`<picture>
  <source type="image/avif" sizes="(max-width: 1600px) 100vw, 1600px"
    srcset="https://photos.example/images/1/medium.avif 800w,
      https://photos.example/images/1/large.avif 1600w">
  <source type="image/webp" sizes="(max-width: 1600px) 100vw, 1600px"
    srcset="https://photos.example/images/1/large.webp 1600w">
  <img src="https://photos.example/images/1/large.jpeg" sizes="(max-width: 1600px) 100vw, 1600px"
    srcset="https://photos.example/images/1/medium.jpeg 800w,
      https://photos.example/images/1/large.jpeg 1600w"
    width="1600" height="1067" alt="Describe this photo"
    loading="lazy" decoding="async">
</picture>`);
});

test('what is cropped otherwise does not stand for the picture', () => {
  const variants = [variant('large', 'jpeg', 1600, 1067), variant('thumb', 'jpeg', 320, 320)];
  expect(snippetOf({ variants, origin: ORIGIN, placeholder: null })).not.toContain('thumb');
});

test('a signed address and a placeholder are written as HTML has them', () => {
  const variants = [variant('large', 'jpeg', 16, 16, '?expires=1&key=a')];
  const html = snippetOf({ variants, origin: ORIGIN, placeholder: 'data:image/png;base64,AA' });
  expect(html).toContain('large.jpeg?expires=1&amp;key=a 16w"');
  expect(html).toContain('style="background: url(data:image/png;base64,AA) center / cover"');
});

test('without variants there is none', () => {
  expect(snippetOf({ variants: [], origin: ORIGIN, placeholder: null })).toBe('');
});
