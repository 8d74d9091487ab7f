import sharp from 'sharp';
import type { ImageName } from './expected.ts';
import { flicker } from './frames.ts';
import type { Maker } from './photos.ts';

const SIDE = 8;

/** What the fuzzer has found, as small as it can be made again. */
export const FUZZED = {
  'frame_outside.gif': async () =>
    changed(await gif(1), IMAGE, (gif, at) => gif.writeUInt16LE(0xffff, at + 1)),
  'slow_frame.gif': async () =>
    changed(await gif(2), CONTROL, (gif, at) => gif.writeUInt16LE(0xffff, at + 4)),
  'countless_items.avif': async () =>
    changed(await avif(), ITEMS, (avif, at) => avif.writeUInt16BE(0xffff, at + 8)),
} satisfies Partial<Record<ImageName, Maker>>;

/** A frame that fills the screen, and what stands before one: GIF89a, sections 20 and 23. */
const IMAGE = Buffer.from([0x2c, 0, 0, 0, 0, SIDE, 0, SIDE, 0]);
const CONTROL = Buffer.from([0x21, 0xf9, 4]);
/** ISO/IEC 14496-12, section 8.11.6: behind the type come version, flags and the number of items. */
const ITEMS = Buffer.from('iinf');

function gif(frames: number): Promise<Buffer> {
  const { data, ...raw } = flicker(SIDE, frames);
  return sharp(data, { raw }).gif().toBuffer();
}

function avif(): Promise<Buffer> {
  const { data, ...raw } = flicker(SIDE, 1);
  return sharp(data, { raw }).avif({ effort: 0 }).toBuffer();
}

/** @param mark where the change is made: at the first that is found */
function changed(file: Buffer, mark: Buffer, change: (file: Buffer, at: number) => void): Buffer {
  const at = file.indexOf(mark);
  if (at < 0) throw new Error('the file has not what is to be changed in it');
  change(file, at);
  return file;
}
