import type { Random } from '../random.ts';
import { goodForm } from '../requests/forms.ts';
import type { BasePicture } from './base-pictures.ts';
import { mutantOf } from './mutate.ts';

/** One upload of a mutant. */
export interface PictureCase {
  base: string;
  picture: Buffer;
  path: string;
  headers: Record<string, string>;
  body: Buffer;
}

/** JPEG is made fastest; the others, all frames and a kept copyright come often enough. */
const PRESETS = [
  [70, 'jpeg'],
  [10, 'both'],
  [6, 'png'],
  [8, 'animated'],
  [4, 'credit'],
  [2, 'avif'],
] as const;

/** As a form; else the bytes are the body. */
const IN_FORM = 0.2;
/** Not waited for: what comes of it, its record says in the end. */
const UNAWAITED = 0.03;

export function pictureCase(bases: readonly BasePicture[], random: Random): PictureCase {
  const { base, bytes: picture } = mutantOf(bases, random);
  const preset = random.weighted(PRESETS);
  const parameters = { preset, ...(random.chance(0.1) && { focus: '0.3,0.7' }) };
  const headers = { Prefer: random.chance(UNAWAITED) ? 'respond-async' : 'wait=60' };
  if (random.chance(IN_FORM)) {
    const { contentType, body } = goodForm(picture, parameters);
    return { base, picture, path: '/upload', headers: { ...headers, 'Content-Type': contentType }, body };
  }
  const path = `/upload?${new URLSearchParams(parameters)}`;
  return { base, picture, path, headers: { ...headers, 'Content-Type': 'image/x-fuzz' }, body: picture };
}
