import type { Photo } from './photo.ts';
import { shownAtMost } from './variants.ts';
import { bytesText } from './words.ts';

export interface Summary {
  text: string;
  /** Nothing more comes by itself. */
  isOver: boolean;
  /** How many may be tried again. */
  retryable: number;
  ended: number;
}

/** How far all photos are, in a sentence. */
export function summaryOf(photos: readonly Pick<Photo, 'phase' | 'image' | 'mayRetry' | 'file'>[]): Summary {
  const count = (...phases: Photo['phase'][]) => photos.filter(({ phase }) => phases.includes(phase)).length;
  const ready = photos.flatMap(({ image }) => image ?? []);
  const before = ready.reduce((sum, { source }) => sum + source.bytes, 0);
  const after = ready.reduce((sum, { variants }) => sum + (shownAtMost(variants)?.bytes ?? 0), 0);
  const refused = count('failed', 'refused');
  const held = count('holding');
  const parts = [
    `${ready.length} of ${photos.length} ready`,
    ...(held > 0 ? [`${held} to be sent again`] : []),
    ...(refused > 0 ? [`${refused} not made`] : []),
    ...(ready.length > 0 ? [`${bytesText(before)} → ${bytesText(after)}`] : []),
  ];
  return {
    text: `${parts.join(' · ')}.`,
    isOver: count('waiting', 'uploading', 'holding', 'working') === 0,
    retryable: photos.filter(({ mayRetry, file }) => mayRetry && file).length,
    ended: count('ready', 'failed', 'refused'),
  };
}
