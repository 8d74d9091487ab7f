import { BROKEN } from './broken.ts';
import type { ImageName } from './expected.ts';
import { FORMATS } from './formats.ts';
import { FUZZED } from './fuzzed.ts';
import { HEIC } from './heic.ts';
import { type Maker, PHOTOS } from './photos.ts';

/** The compiler checks that each file which is expected has its maker. */
export const MAKERS: Record<ImageName, Maker> = { ...PHOTOS, ...FORMATS, ...HEIC, ...BROKEN, ...FUZZED };
