import { damaged, type Inspection, image } from './inspection.ts';
import type { WindowReader } from './window-reader.ts';

// Marker codes: ITU-T T.81, table B.1.
const TEM = 0x01;
const SOF0 = 0xc0;
const DHT = 0xc4;
const JPG = 0xc8;
const DAC = 0xcc;
const SOF15 = 0xcf;
const RST0 = 0xd0;
const RST7 = 0xd7;
const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;

/** Segments and bytes of junk before the frame header: a photo has tens, and few bytes of junk if any. */
const STEPS_AT_MOST = 2 ** 18;

/**
 * Follows the segments up to the frame header (T.81, B.2.2). Whether the coding process is one that the decoder
 * knows is the worker's to say: its answer changes with the libjpeg it is built with.
 */
export async function readJpeg(reader: WindowReader): Promise<Inspection> {
  let offset = 2;
  for (let step = 0; step < STEPS_AT_MOST; step += 1) {
    const view = reader.peek(offset, 4) ?? (await reader.view(offset, 4));
    if (view === undefined) return damaged('jpeg', 'it ends before its frame header');

    // Between segments libjpeg passes over junk, fill bytes (B.1.1.2) and stuffed zeros, and so does this.
    const marker = view.getUint8(1);
    if (view.getUint8(0) !== 0xff || marker === 0xff) {
      offset += 1;
      continue;
    }
    if (marker === 0 || standsAlone(marker)) {
      offset += 2;
      continue;
    }
    if (marker === SOI || marker === EOI || marker === SOS) {
      return damaged('jpeg', 'it has no frame header before its picture data');
    }
    if (isFrameHeader(marker)) return readFrameHeader(reader, offset + 2);

    // The length counts itself. libjpeg takes less for an empty segment, and what it finds next is what it decodes.
    offset += 2 + Math.max(2, view.getUint16(2));
  }
  return damaged('jpeg', 'it has too much before its frame header');
}

function standsAlone(marker: number): boolean {
  return marker === TEM || (marker >= RST0 && marker <= RST7);
}

function isFrameHeader(marker: number): boolean {
  if (marker === DHT || marker === JPG || marker === DAC) return false;
  return marker >= SOF0 && marker <= SOF15;
}

async function readFrameHeader(reader: WindowReader, offset: number): Promise<Inspection> {
  const view = await reader.view(offset, 8);
  if (view === undefined) return damaged('jpeg', 'it ends within its frame header');

  const components = view.getUint8(7);
  if (components === 0 || view.getUint16(0) !== 8 + 3 * components) {
    return damaged('jpeg', 'its frame header contradicts itself');
  }
  // Zero lines would mean that a DNL marker tells the height later (B.2.5); no common decoder reads that.
  return image('jpeg', view.getUint16(5), view.getUint16(3));
}
