import type { AvifOptions, JpegOptions, Sharp, WebpOptions } from 'sharp';

/** One way to encode, tried at a few qualities, between and near which the one that looks like another's can be told. */
export interface Ladder {
  format: 'jpeg' | 'webp' | 'avif';
  how: string;
  qualities: readonly number[];
  /** The longest side in pixels at which it can still be waited for. */
  largest: number;
  encode(picture: Sharp, quality: number): Sharp;
}

const QUALITIES = { jpeg: [70, 80, 90], webp: [70, 80, 90], avif: [50, 60, 75] } as const;

/** What a variant is by default, and what all others are to look like. */
export const MEASURE_OF_ALL = { format: 'jpeg', how: 'progressive', quality: 80 } as const;

const jpeg = (how: string, options: JpegOptions): Ladder => ({
  format: 'jpeg',
  how,
  qualities: QUALITIES.jpeg,
  largest: Number.POSITIVE_INFINITY,
  encode: (picture, quality) => picture.jpeg({ ...options, quality }),
});

const webp = (effort: number, options: WebpOptions = {}): Ladder => ({
  format: 'webp',
  how: [`effort ${effort}`, ...Object.keys(options)].join(', '),
  qualities: QUALITIES.webp,
  largest: Number.POSITIVE_INFINITY,
  encode: (picture, quality) => picture.webp({ ...options, quality, effort }),
});

/** From effort 4 on, a second and more for 0.5 MP; from 7 on, ten. */
const largestAvif = (effort: number): number => {
  if (effort < 4) return Number.POSITIVE_INFINITY;
  return effort < 7 ? 800 : 320;
};

const avif = (effort: number, chromaSubsampling: AvifOptions['chromaSubsampling']): Ladder => ({
  format: 'avif',
  how: `effort ${effort}, ${chromaSubsampling}`,
  qualities: QUALITIES.avif,
  largest: largestAvif(effort),
  encode: (picture, quality) => picture.avif({ quality, effort, chromaSubsampling, bitdepth: 8 }),
});

const EFFORTS_OF_WEBP = [0, 1, 2, 3, 4, 5, 6];
const EFFORTS_OF_AVIF = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

export const LADDERS: readonly Ladder[] = [
  jpeg('baseline, tables of the standard', { optimiseCoding: false }),
  jpeg('baseline', {}),
  jpeg('progressive', { progressive: true }),
  jpeg('progressive, 4:4:4', { progressive: true, chromaSubsampling: '4:4:4' }),
  jpeg('progressive, trellis', { progressive: true, trellisQuantisation: true, overshootDeringing: true }),
  jpeg('mozjpeg', { mozjpeg: true }),
  jpeg('mozjpeg, 4:4:4', { mozjpeg: true, chromaSubsampling: '4:4:4' }),
  ...EFFORTS_OF_WEBP.map((effort) => webp(effort)),
  ...[2, 4].flatMap((effort) => [
    webp(effort, { smartSubsample: true }),
    webp(effort, { smartDeblock: true }),
  ]),
  ...EFFORTS_OF_AVIF.map((effort) => avif(effort, '4:2:0')),
  ...[2, 3].map((effort) => avif(effort, '4:4:4')),
];

export const PNG_LEVELS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
