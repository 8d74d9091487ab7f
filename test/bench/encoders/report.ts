import { markdownTable } from '../markdown.ts';
import type { LadderFigures, PngFigures, Relative } from './measure.ts';

/** What was measured at one size. */
export interface SizeFigures {
  longestSide: number;
  photos: number;
  ladders: LadderFigures[];
  png: PngFigures[];
}

export const report = (sizes: readonly SizeFigures[]): string => sizes.map(reportOfSize).join('\n\n');

function reportOfSize({ longestSide, photos, ladders, png }: SizeFigures): string {
  const withColour = ladders.some(({ byButteraugli }) => !Number.isNaN(byButteraugli.bytes));
  const heads = ['', 'quality at equal SSIM', 'bytes', 'CPU ms'];
  if (withColour) heads.push('quality at equal butteraugli', 'bytes');
  const rows = ladders.map(({ ladder, bySsim, byButteraugli }) => [
    `${NAMES[ladder.format]}, ${ladder.how}`,
    ...cellsOf(bySsim),
    ...(withColour ? cellsOf(byButteraugli).slice(0, 2) : []),
  ]);
  const pngRows = png.map(({ level, bytes, cpuMs }) => [
    `PNG, level ${level}`,
    percent(bytes),
    cpuMs.toFixed(0),
  ]);
  return [
    `### ${longestSide} px, ${photos} photos`,
    markdownTable(heads, rows),
    markdownTable(['', 'bytes', 'CPU ms'], pngRows),
  ].join('\n\n');
}

const NAMES = { jpeg: 'JPEG', webp: 'WebP', avif: 'AVIF' } as const;

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;

const cellsOf = ({ quality, bytes, cpuMs }: Relative): string[] => [
  quality.toFixed(0),
  percent(bytes),
  cpuMs.toFixed(0),
];
