import type { ImageAnswer } from './answers.ts';

const UNITS = ['B', 'kB', 'MB', 'GB'];

/** In units of a thousand, as shops and phones count: `8.9 MB`, `132 kB`. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; value >= 999.5 && unit < UNITS.length - 1; unit++) value /= 1000;
  const digits = unit === 0 || value >= 99.5 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

const MEBIBYTE = 2 ** 20;

/** A limit as its operator has set it: `20 MiB`. */
export const limitText = (bytes: number): string =>
  bytes % MEBIBYTE === 0 ? `${bytes / MEBIBYTE} MiB` : bytesText(bytes);

/** How much smaller, in words; empty where it is not. */
export function savedText(before: number, after: number): string {
  const percent = Math.floor((1 - after / before) * 100);
  return percent > 0 ? ` (${percent} % less)` : '';
}

/** The largest two units of a time: `3 d 4 h`, `5 min 12 s`, `850 ms`. @param ms whole or not */
export function timeText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 10) return `${(ms / 1_000).toFixed(1)} s`;
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3_600)} h`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listText(items: readonly string[]): string {
  const last = items.at(-1) ?? '';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`;
}

const KINDS: Record<string, string> = {
  position: 'GPS position',
  camera: 'camera model',
  camera_serial: 'serial number',
  owner: 'owner’s name',
  artist: 'artist',
  copyright: 'copyright',
  time: 'date and time',
  thumbnail: 'hidden thumbnail',
  comment: 'comments',
  gain_map: 'HDR gain map',
};

/** Blocks that the kinds stand in: to name them beside these says nothing more. */
const BLOCKS: Record<string, string> = {
  exif: 'EXIF',
  xmp: 'XMP',
  iptc: 'IPTC',
  profile: 'colour profile',
  maker_note: 'maker’s notes',
};

type Privacy = NonNullable<ImageAnswer['privacy']>;

/** What of the original is in no variant, in the words of its owner. */
export function privacyText({ found, removed }: Privacy): { removed: string; kept: string } {
  const named = (kinds: readonly string[]) => {
    const told = kinds.flatMap((kind) => KINDS[kind] ?? []);
    return listText(told.length > 0 ? told : kinds.flatMap((kind) => BLOCKS[kind] ?? []));
  };
  const isRemoved = new Set<string>(removed);
  return { removed: named(removed), kept: named(found.filter((kind) => !isRemoved.has(kind))) };
}

const VERDICTS: Record<string, string> = {
  blurry: 'It looks blurry. Hold still, or tap to focus, and take it again.',
  dark: 'It is dark. Another lamp, or a window, would show more.',
  tiny: 'It is small: nobody can zoom in to see more.',
  screenshot: 'It looks like a screenshot. A photo of the thing itself tells more.',
};

/** What a seller is told of a photo. */
export const verdictText = (verdicts: readonly string[]): string =>
  verdicts.length === 0
    ? 'Sharp enough, bright enough, large enough.'
    : verdicts.map((verdict) => VERDICTS[verdict] ?? verdict).join(' ');

const FAILURES: Record<string, string> = {
  image_unreadable:
    'The file begins like a photo, but its pixels are damaged. Export it again, or take another one.',
  image_too_large: 'It has more pixels than can be made here. Send a smaller version.',
  out_of_memory: 'It took more memory than there is. Send a smaller version, or try again.',
  deadline_exceeded: 'It took too long. Try again, or send a smaller version.',
  quarantined: 'This file has crashed the decoder twice, and is set aside. An operator can look into it.',
  cancelled: 'It was deleted before it was ready.',
};

/** Whether the same bytes may go well another time. */
const FOR_GOOD = new Set(['image_unreadable', 'image_too_large', 'quarantined', 'cancelled']);

/** Why a job has failed, for who sent the picture. @param failure its code, or how the job has ended */
export const failureText = (failure: string): { text: string; mayRetry: boolean } => ({
  text: FAILURES[failure] ?? 'Something went wrong on our side, not with your photo. Try again.',
  mayRetry: !FOR_GOOD.has(failure),
});
