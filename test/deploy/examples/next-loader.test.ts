import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ImageName, imagePath } from '../../../testdata/expected.ts';
import { type RunningService, startService } from '../../helpers/service.ts';
import { Accepted, newPicture, postImage } from '../../helpers/upload.ts';

const EXAMPLES = new URL('../../../deploy/examples/next/', import.meta.url);

/** Of Next.js by default (https://nextjs.org/docs/app/api-reference/components/image); 16 was left out in its version 16. */
const DEVICE_SIZES = [640, 750, 828, 1080, 1200, 1920, 2048, 3840];
const IMAGE_SIZES = [16, 32, 48, 64, 96, 128, 256, 384];

interface Props {
  src: string;
  width: number;
  height: number;
  placeholder: string;
  blurDataURL: string;
}

const { default: loader } = await import(new URL('darkroom-loader.js', EXAMPLES).href);
const { photoProps } = await import(new URL('photo-props.js', EXAMPLES).href);

let service: RunningService;
beforeAll(async () => {
  const env = { PRESETS_FILE: new URL('presets.json', EXAMPLES).pathname, HANDOFF_TIMEOUT_MS: '30000' };
  service = await startService({ env });
});
afterAll(() => service[Symbol.asyncDispose]());

async function propsOf(name: ImageName, preset: string): Promise<Props> {
  const fields = { preset };
  const answer = await postImage(service, await newPicture(imagePath(name)), fields, { prefer: 'wait=60' });
  const { id, status } = Accepted.parse(await answer.json());
  expect(status).toBe('succeeded');
  const manifest = await (await service.fetch(`/images/${id}`)).json();
  return photoProps(manifest, service.url);
}

test.each<[ImageName, string]>([
  ['testimage_large.jpg', 'next'],
  ['testimage_small.jpg', 'next'],
  // Its thumb is cropped: no size of the same picture.
  ['testimage_large.jpg', 'default'],
])(
  '%s by the preset %s is as wide as Next.js asks for, or as wide as there is, at each of its widths',
  async (name, preset) => {
    const props = await propsOf(name, preset);
    const widths = new Map<string, number>();
    for (const width of [...IMAGE_SIZES, ...DEVICE_SIZES]) {
      const url: string = loader({ src: props.src, width, quality: 75 });
      if (!widths.has(url)) {
        const answer = await service.fetch(url);
        expect([answer.status, answer.headers.get('content-type')], url).toEqual([200, 'image/webp']);
        expect(answer.headers.get('cache-control')).toContain('immutable');
        const shown = await sharp(await answer.arrayBuffer()).metadata();
        expect(shown.width / shown.height, url).toBeCloseTo(props.width / props.height, 1);
        widths.set(url, shown.width);
      }
      expect(widths.get(url), url).toBeGreaterThanOrEqual(Math.min(width, props.width));
    }
    expect(widths.size).toBeGreaterThan(1);
    expect(Math.max(...widths.values())).toBe(props.width);

    expect(props.placeholder).toBe('blur');
    const [, base64 = ''] = props.blurDataURL.split(',');
    const blurred = await sharp(Buffer.from(base64, 'base64')).metadata();
    expect(blurred.width / blurred.height).toBeCloseTo(props.width / props.height, 0);
  },
);

test('the loader runs in the browser, as next/image calls it there', async () => {
  expect(await readFile(new URL('darkroom-loader.js', EXAMPLES), 'utf8')).toMatch(/^'use client';/);
});
