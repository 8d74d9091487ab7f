import type { MetadataKind } from '../../../shared/domain/description.ts';
import { checkExif } from './credit.ts';
import { type OutputReader, TAKEN_AT_MOST } from './output-reader.ts';
import { carries, carriesXmp, malformed, type Seen } from './verdict.ts';

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

const IHDR_BYTES = 13;
const CRC_BYTES = 4;

/**
 * The chunks beside the picture data that only say how its samples are meant, with the most bytes that each has:
 * PNG, third edition, section 11.3. `pHYs` is the density that libvips gives every picture.
 */
const CHUNKS: ReadonlyMap<string, number> = new Map([
  ['PLTE', 768],
  ['tRNS', 256],
  ['sRGB', 1],
  ['gAMA', 4],
  ['cHRM', 32],
  ['pHYs', 9],
]);

const CARRIES: ReadonlyMap<string, string> = new Map([
  ['tEXt', 'a text'],
  ['zTXt', 'a text'],
  ['iTXt', 'a text'],
  ['tIME', 'a time'],
  ['iCCP', 'a colour profile'],
]);

const XMP = Buffer.from('XML:com.adobe.xmp\0', 'latin1');

/**
 * A PNG of our encoders: a header, at most one of each known chunk, the picture data in one row, and the end.
 * What the compressed data say is not looked at, nor are the check sums.
 * @throws {BadOutput}
 */
export async function verifyPng(reader: OutputReader, mayHaveCredit: boolean): Promise<Seen> {
  if (!(await reader.take(SIGNATURE.length)).equals(SIGNATURE)) throw malformed('does not begin as a PNG');
  const seen = new Set<string>();
  let size = { width: 0, height: 0 };
  let kept: readonly MetadataKind[] = [];

  for (;;) {
    const header = await reader.take(8);
    const length = header.readUInt32BE();
    const type = header.toString('latin1', 4);
    const isFirst = seen.size === 0;
    const isSecond = seen.has(type);
    seen.add(type);
    if (isFirst !== (type === 'IHDR')) throw malformed('does not have its header first, and once');

    if (type === 'IEND') {
      if (length !== 0 || !seen.has('IDAT')) throw malformed('has no picture');
      await reader.pass(CRC_BYTES);
      return { ...size, frames: 1, kept };
    }
    if (type === 'IDAT') await reader.pass(length);
    else if (isSecond || seen.has('IDAT')) throw malformed(`has ${printable(type)} where it does not belong`);
    else if (type === 'IHDR') size = sizeOf(await reader.take(Math.min(length, TAKEN_AT_MOST)));
    else if (type === 'eXIf')
      kept = checkExif(await reader.take(Math.min(length, TAKEN_AT_MOST)), mayHaveCredit);
    else if (length <= (CHUNKS.get(type) ?? -1)) await reader.pass(length);
    else throw await undue(reader, type, length);
    await reader.pass(CRC_BYTES);
  }
}

function sizeOf(header: Buffer): Pick<Seen, 'width' | 'height'> {
  if (header.length !== IHDR_BYTES) throw malformed('has a bad header');
  return { width: header.readUInt32BE(0), height: header.readUInt32BE(4) };
}

async function undue(reader: OutputReader, type: string, length: number): Promise<Error> {
  const isXmp = type === 'iTXt' && length >= XMP.length;
  if (isXmp) {
    const text = await reader.take(Math.min(length, TAKEN_AT_MOST));
    if (text.subarray(0, XMP.length).equals(XMP)) return carriesXmp(text);
  }
  return carries(CARRIES.get(type) ?? `a chunk ${printable(type)}`);
}

/** What stands in a file may not stand in a log as it is. */
const printable = (type: string): string => type.replace(/[^A-Za-z]/g, '?');
