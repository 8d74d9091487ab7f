import type { Findings } from './findings.ts';
import { DamagedMetadata, type InputBytes } from './input-bytes.ts';

// CIPA DC-007 (Multi-Picture Format), section 5: a TIFF, of which only the list of pictures matters.
const MP_ENTRY = 0xb002;
const MP_ENTRY_BYTES = 16;
/** Of the attributes of a picture, the bits that say what it is. */
const TYPE_MASK = 0xffffff;
const LARGE_THUMBNAILS = [0x010001, 0x010002, 0x010003, 0x010004, 0x010005];

const PICTURES_AT_MOST = 8;
const ENTRIES_AT_MOST = 100;

/**
 * The pictures that stand behind the first one.
 * @param tiff the list
 * @param file from where the offsets in it count
 * @param isGainMap of a picture that is no thumbnail
 */
export function readMpf(
  tiff: InputBytes,
  file: InputBytes,
  findings: Findings,
  isGainMap: (picture: InputBytes) => boolean,
): void {
  const isLittleEndian = tiff.text(0, 2) === 'II';
  const u32 = (at: number) => tiff.u32(at, isLittleEndian);
  const list = findEntry(tiff, isLittleEndian);
  for (let at = list.start; at + MP_ENTRY_BYTES <= list.end; at += MP_ENTRY_BYTES) {
    const offset = u32(at + 8);
    // The first picture is the file itself, and its offset zero.
    if (offset === 0) continue;
    if (LARGE_THUMBNAILS.includes(u32(at) & TYPE_MASK)) findings.add('thumbnail');
    else if (isGainMap(file.part(offset, u32(at + 4)))) findings.add('gain_map');
  }
}

function findEntry(tiff: InputBytes, isLittleEndian: boolean): { start: number; end: number } {
  const directory = tiff.u32(4, isLittleEndian);
  const count = Math.min(tiff.u16(directory, isLittleEndian), ENTRIES_AT_MOST);
  for (let index = 0; index < count; index++) {
    const at = directory + 2 + 12 * index;
    if (tiff.u16(at, isLittleEndian) !== MP_ENTRY) continue;
    const bytes = Math.min(tiff.u32(at + 4, isLittleEndian), PICTURES_AT_MOST * MP_ENTRY_BYTES);
    const start = tiff.u32(at + 8, isLittleEndian);
    return { start, end: start + bytes };
  }
  throw new DamagedMetadata('it has no list of pictures');
}
