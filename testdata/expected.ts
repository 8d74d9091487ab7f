import { join } from 'node:path';

/** `either`: a damaged picture with a good header, which a strict pipeline fails and a lenient one shows in part. */
export type Answer = { status: 200; ends: 'succeeded' | 'failed' | 'either' } | { status: 415 | 422 };

interface Expected {
  about: string;
  answer: Answer;
}

const SUCCEEDS: Answer = { status: 200, ends: 'succeeded' };
const FAILS: Answer = { status: 200, ends: 'failed' };
const DAMAGED_LATER: Answer = { status: 200, ends: 'either' };
const NOT_ACCEPTED: Answer = { status: 415 };
const UNPROCESSABLE: Answer = { status: 422 };

/** Every file in `images/`, and what the service should answer to it under the default limits. */
export const EXPECTED = {
  'testimage_small.jpg': { about: 'scene, 640x480', answer: SUCCEEDS },
  'testimage_medium.jpg': { about: 'scene, 2000x1500', answer: SUCCEEDS },
  'testimage_large.jpg': { about: 'scene, 4000x3000, 12 MP', answer: SUCCEEDS },
  'testimage_200kb.jpg': { about: 'scene, 1600x1200, 200 kB: for latency', answer: SUCCEEDS },
  'orientation/1.jpg': { about: 'scene, 320x240, EXIF orientation 1', answer: SUCCEEDS },
  'orientation/2.jpg': { about: 'the same, stored mirrored', answer: SUCCEEDS },
  'orientation/3.jpg': { about: 'the same, stored upside down', answer: SUCCEEDS },
  'orientation/4.jpg': { about: 'the same, stored upside down and mirrored', answer: SUCCEEDS },
  'orientation/5.jpg': { about: 'the same, stored transposed', answer: SUCCEEDS },
  'orientation/6.jpg': { about: 'the same, to be turned 90° clockwise', answer: SUCCEEDS },
  'orientation/7.jpg': { about: 'the same, stored transposed the other way', answer: SUCCEEDS },
  'orientation/8.jpg': { about: 'the same, to be turned 90° anticlockwise', answer: SUCCEEDS },
  'private.jpg': { about: 'EXIF with GPS, owner, serials; XMP; IPTC; comment', answer: SUCCEEDS },
  'cmyk.jpg': { about: 'CMYK with a profile of its own', answer: SUCCEEDS },
  'p3.jpg': { about: 'Display P3: the red that sRGB calls 255, 0, 0', answer: SUCCEEDS },
  'alpha.png': { about: 'RGBA, transparent towards the right', answer: SUCCEEDS },
  'palette.png': { about: '64 colours', answer: SUCCEEDS },
  'grey16.png': { about: 'grey, 16 bit', answer: SUCCEEDS },
  'tiny_1x1.png': { about: '1x1', answer: SUCCEEDS },
  'wide_20000x1.png': { about: '20000x1', answer: SUCCEEDS },
  'photo.webp': { about: 'scene, lossy WebP', answer: SUCCEEDS },
  'alpha.webp': { about: 'lossy WebP, transparent towards the right', answer: SUCCEEDS },
  'animated.webp': { about: '4 frames', answer: SUCCEEDS },
  'photo.avif': { about: 'scene, AVIF', answer: SUCCEEDS },
  'photo.heic': { about: 'scene, 160x120, HEIC', answer: SUCCEEDS },
  'orientation/1.heic': { about: 'scene, 128x96, HEIC as it stands; EXIF says the same', answer: SUCCEEDS },
  'orientation/2.heic': { about: 'the same, mirrored by `imir`', answer: SUCCEEDS },
  'orientation/3.heic': { about: 'the same, turned by `irot`', answer: SUCCEEDS },
  'orientation/4.heic': { about: 'the same, mirrored by `imir`', answer: SUCCEEDS },
  'orientation/5.heic': { about: 'the same, turned and mirrored', answer: SUCCEEDS },
  'orientation/6.heic': { about: 'the same, turned by `irot`', answer: SUCCEEDS },
  'orientation/7.heic': { about: 'the same, turned and mirrored', answer: SUCCEEDS },
  'orientation/8.heic': { about: 'the same, turned by `irot`', answer: SUCCEEDS },
  'grid.heic': { about: 'of four tiles, as phones make it', answer: SUCCEEDS },
  'alpha.heic': { about: 'transparent towards the right', answer: SUCCEEDS },
  'private.heic': { about: 'EXIF with GPS, owner, serials; XMP', answer: SUCCEEDS },
  'p3.heic': { about: 'as p3.jpg, by its ICC profile', answer: SUCCEEDS },
  'p3_nclx.heic': { about: 'the same, by number', answer: SUCCEEDS },
  'animated.gif': { about: '4 frames', answer: SUCCEEDS },
  'photo.tiff': { about: 'scene, deflate', answer: SUCCEEDS },
  'png_named.jpg': { about: 'a PNG by its bytes, and the bytes decide', answer: SUCCEEDS },
  'truncated.jpg': { about: 'cut at 60 %', answer: DAMAGED_LATER },
  'truncated.png': { about: 'cut at 60 %', answer: DAMAGED_LATER },
  'truncated.heic': { about: 'cut at 60 %', answer: FAILS },
  'corrupt_body.jpg': { about: 'good header, scrambled in the middle of the scan', answer: DAMAGED_LATER },
  'damaged_header.jpg': { about: 'JPEG magic, then rubbish', answer: UNPROCESSABLE },
  'huge_declared.jpg': { about: 'declares 65500x65500', answer: UNPROCESSABLE },
  'huge_declared.png': { about: 'declares 60000x60000', answer: UNPROCESSABLE },
  'many_frames.gif': { about: '150 frames, more than MAX_FRAMES', answer: UNPROCESSABLE },
  'frame_outside.gif': { about: 'its frame begins at the end of the largest screen', answer: FAILS },
  'slow_frame.gif': { about: 'a frame is shown for eleven minutes', answer: SUCCEEDS },
  'countless_items.avif': { about: 'says that it has 65535 items', answer: FAILS },
  'empty.jpg': { about: '0 bytes', answer: NOT_ACCEPTED },
  'wrong_magic.jpg': { about: 'HTML', answer: NOT_ACCEPTED },
  'picture.svg': { about: 'SVG', answer: NOT_ACCEPTED },
} satisfies Record<string, Expected>;

export type ImageName = keyof typeof EXPECTED;

export const IMAGE_NAMES = Object.keys(EXPECTED) as ImageName[];

export const IMAGES_FOLDER = join(import.meta.dirname, 'images');

export function imagePath(name: ImageName): string {
  return join(IMAGES_FOLDER, name);
}

/** The row of a file in README.md, which a test compares. */
export function readmeRow(name: ImageName): string {
  const { about, answer } = EXPECTED[name];
  return `| \`${name}\` | ${about} | ${describeAnswer(answer)} |`;
}

function describeAnswer(answer: Answer): string {
  if (answer.status !== 200) return String(answer.status);
  return answer.ends === 'either' ? '200, then succeeded or failed' : `200, then ${answer.ends}`;
}
