import type { MetadataKind } from '../../../shared/domain/description.ts';
import { checkExif } from './credit.ts';
import type { OutputReader } from './output-reader.ts';
import { carries, carriesXmp, malformed, type Seen } from './verdict.ts';

// Marker codes: ITU-T T.81, table B.1.
const SOF0 = 0xc0;
const SOF2 = 0xc2;
const DHT = 0xc4;
const RST0 = 0xd0;
const RST7 = 0xd7;
const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const DQT = 0xdb;
const DRI = 0xdd;
const APP0 = 0xe0;
const APP1 = 0xe1;
const APP2 = 0xe2;
const APP13 = 0xed;
const APP15 = 0xef;
const COM = 0xfe;

/** A progressive picture has some ten scans, and mozjpeg no more than about a hundred, each with a table before it. */
const SEGMENTS_AT_MOST = 1_000;

const EXIF = Buffer.from('Exif\0\0', 'latin1');

/** JFIF 1.02, section "JFIF APP0 marker segment": 14 bytes, of which the last two are the size of a thumbnail. */
const JFIF = Buffer.from('JFIF\0', 'latin1');
const JFIF_BYTES = 14;

/**
 * A JPEG of our encoders: tables, one frame, its scans, and nothing between them or behind. What the entropy-coded
 * data say is not looked at.
 * @throws {BadOutput}
 */
export async function verifyJpeg(reader: OutputReader, mayHaveCredit: boolean): Promise<Seen> {
  if ((await nextMarker(reader)) !== SOI) throw malformed('does not begin as a JPEG');
  let size: Pick<Seen, 'width' | 'height'> | undefined;
  let hasScan = false;
  let kept: readonly MetadataKind[] = [];
  let hasJfif = false;

  for (let count = 0; count < SEGMENTS_AT_MOST; count++) {
    const marker = await nextMarker(reader);
    if (marker === EOI) {
      if (!size || !hasScan) throw malformed('has no picture');
      return { ...size, frames: 1, kept };
    }
    const data = await segment(reader);
    switch (marker) {
      case DQT:
        checkQuantization(data);
        break;
      case DHT:
        checkHuffman(data);
        break;
      case DRI:
        if (data.length !== 2) throw malformed('has a bad restart interval');
        break;
      case SOF0:
      case SOF2:
        if (size) throw malformed('has a second frame');
        size = frameSize(data);
        break;
      case SOS:
        if (!size) throw malformed('has a scan before its frame');
        checkScan(data);
        await passScan(reader);
        hasScan = true;
        break;
      case APP0:
        if (hasJfif || size || !isPlainJfif(data)) throw carries('application data');
        hasJfif = true;
        break;
      case APP1:
        if (!data.subarray(0, EXIF.length).equals(EXIF)) throw carriesXmp(data);
        kept = checkExif(data.subarray(EXIF.length), mayHaveCredit && kept.length === 0 && !size);
        break;
      default:
        throw undue(marker);
    }
  }
  throw malformed('has too many segments');
}

async function nextMarker(reader: OutputReader): Promise<number> {
  const bytes = await reader.take(2);
  if (bytes[0] !== 0xff) throw malformed('has something between its segments');
  return bytes.readUInt8(1);
}

/** The length counts itself: T.81, B.1.1.4. */
async function segment(reader: OutputReader): Promise<Buffer> {
  const length = (await reader.take(2)).readUInt16BE();
  if (length < 2) throw malformed('has a segment without its length');
  return reader.take(length - 2);
}

function undue(marker: number): Error {
  if (marker === COM) return carries('a comment');
  if (marker === APP2) return carries('a colour profile, or other pictures');
  if (marker === APP13) return carries('IPTC');
  if (marker > APP2 && marker <= APP15) return carries('application data');
  return malformed(`has a marker ${marker.toString(16)}`);
}

/** T.81, B.2.4.1: tables of 64 values of one byte or two. */
function checkQuantization(data: Buffer): void {
  let at = 0;
  while (at < data.length) at += 1 + (data.readUInt8(at) < 0x10 ? 64 : 128);
  if (at !== data.length || at === 0) throw malformed('has a bad quantization table');
}

/** T.81, B.2.4.2: sixteen counts, then as many values. */
function checkHuffman(data: Buffer): void {
  let at = 0;
  while (at < data.length) {
    at += 17 + data.subarray(at + 1, at + 17).reduce((sum, count) => sum + count, 0);
  }
  if (at !== data.length || at === 0) throw malformed('has a bad Huffman table');
}

/** T.81, B.2.2: precision, lines, samples in a line, then three bytes a component. */
function frameSize(data: Buffer): Pick<Seen, 'width' | 'height'> {
  const components = data[5];
  const isOurs = data[0] === 8 && (components === 1 || components === 3);
  if (!isOurs || data.length !== 6 + 3 * components) throw malformed('has a bad frame header');
  return { height: data.readUInt16BE(1), width: data.readUInt16BE(3) };
}

/** T.81, B.2.3: two bytes a component, and three. */
function checkScan(data: Buffer): void {
  const components = data[0] ?? 0;
  if (components < 1 || components > 3 || data.length !== 4 + 2 * components) {
    throw malformed('has a bad scan header');
  }
}

/** To the marker that ends the scan. Before it there are only stuffed zeros and restarts: T.81, B.1.1.5. */
async function passScan(reader: OutputReader): Promise<void> {
  for (;;) {
    const bytes = await reader.takeSome(2);
    let at = bytes.indexOf(0xff);
    while (at >= 0 && at + 1 < bytes.length) {
      const marker = bytes.readUInt8(at + 1);
      if (marker !== 0 && !(marker >= RST0 && marker <= RST7)) return reader.giveBack(bytes.length - at);
      at = bytes.indexOf(0xff, at + 2);
    }
    // Half a marker: the next bytes tell which.
    if (at >= 0) reader.giveBack(1);
  }
}

function isPlainJfif(data: Buffer): boolean {
  const hasThumbnail = data[12] !== 0 || data[13] !== 0;
  return data.length === JFIF_BYTES && data.subarray(0, JFIF.length).equals(JFIF) && !hasThumbnail;
}
