import { damaged, type Inspection, image } from './inspection.ts';
import type { WindowReader } from './window-reader.ts';

// Marker codes: ITU-T T.81, table B.1.
const TEM = 0x01;
const SOF0 = 0xc0;
const DHT = 0xc4;
const JPG = 0xc8;
const DAC = 0xcc;
const SOF15 = 0xcf;
/** Baseline, and extended sequential by either entropy coding. */
const SEQUENTIAL = new Set([SOF0, 0xc1, 0xc9]);
const RST0 = 0xd0;
const RST7 = 0xd7;
const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;

/** Segments and bytes of junk before the frame header: a photo has tens, and few bytes of junk if any. */
const STEPS_AT_MOST = 2 ** 18;

/** Of 16 bits each. */
const COEFFICIENT_BYTES = 2;

/**
 * Follows the segments up to the frame header (T.81, B.2.2), and on to the first scan, which tells how much of the picture a
 * decoder has to hold. Whether the coding process is one that the decoder knows is the worker's to say: its answer changes with
 * the libjpeg it is built with.
 */
export async function readJpeg(reader: WindowReader): Promise<Inspection> {
  let frame: Frame | undefined;
  let offset = 2;
  for (let step = 0; step < STEPS_AT_MOST; step += 1) {
    const view = reader.peek(offset, 4) ?? (await reader.view(offset, 4));
    if (view === undefined)
      return frame ? ofFrame(frame) : damaged('jpeg', 'it ends before its frame header');

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
    if (frame && marker === SOS) return ofFrame(frame, (await reader.view(offset + 4, 1))?.getUint8(0));
    if (marker === SOI || marker === EOI || marker === SOS) {
      return frame ? ofFrame(frame) : damaged('jpeg', 'it has no frame header before its picture data');
    }
    if (isFrameHeader(marker) && !frame) {
      const found = await readFrame(reader, offset + 2, marker);
      if ('kind' in found) return found;
      frame = found;
    }

    // The length counts itself. libjpeg takes less for an empty segment, and what it finds next is what it decodes.
    offset += 2 + Math.max(2, view.getUint16(2));
  }
  return frame ? ofFrame(frame) : damaged('jpeg', 'it has too much before its frame header');
}

/** @param inScan components of its first scan: where they are all, and the process is sequential, rows can be let go */
function ofFrame({ marker, width, height, components, samples }: Frame, inScan = 0): Inspection {
  const isHeld = !SEQUENTIAL.has(marker) || inScan < components;
  return image({ format: 'jpeg', width, height, frames: 1 }, isHeld ? samples * COEFFICIENT_BYTES : 0);
}

function standsAlone(marker: number): boolean {
  return marker === TEM || (marker >= RST0 && marker <= RST7);
}

function isFrameHeader(marker: number): boolean {
  if (marker === DHT || marker === JPG || marker === DAC) return false;
  return marker >= SOF0 && marker <= SOF15;
}

interface Frame {
  marker: number;
  width: number;
  height: number;
  components: number;
  /** Of all components together, for each pixel of the picture. */
  samples: number;
}

async function readFrame(reader: WindowReader, offset: number, marker: number): Promise<Frame | Inspection> {
  const head = await reader.view(offset, 8);
  if (head === undefined) return damaged('jpeg', 'it ends within its frame header');

  const components = head.getUint8(7);
  if (components === 0 || head.getUint16(0) !== 8 + 3 * components) {
    return damaged('jpeg', 'its frame header contradicts itself');
  }
  const list = await reader.view(offset + 8, 3 * components);
  if (list === undefined) return damaged('jpeg', 'it ends within its frame header');
  const factors = Array.from({ length: components }, (_, index) => list.getUint8(3 * index + 1));
  const [across, down] = [factors.map((factor) => factor >> 4), factors.map((factor) => factor & 0xf)];
  const whole = Math.max(1, ...across) * Math.max(1, ...down);
  const samples = factors.reduce((sum, factor) => sum + ((factor >> 4) * (factor & 0xf)) / whole, 0);
  // Zero lines would mean that a DNL marker tells the height later (B.2.5); no common decoder reads that.
  return { marker, width: head.getUint16(5), height: head.getUint16(3), components, samples };
}
