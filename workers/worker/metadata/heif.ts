import { readExif } from './exif.ts';
import type { Findings } from './findings.ts';
import type { InputBytes } from './input-bytes.ts';
import { readXmp } from './xmp.ts';

// ISO/IEC 14496-12, sections 4.2 and 8.11; ISO/IEC 23008-12, sections 6 and 10.
const BOX_HEADER_BYTES = 8;
const FULL_BOX_BYTES = 4;
const BOXES_AT_MOST = 10_000;
const ITEMS_AT_MOST = 10_000;

/** Before the EXIF of an item: how many bytes stand between these and its TIFF. */
const TIFF_OFFSET_BYTES = 4;

const XMP_TYPE = 'application/rdf+xml';

interface Box {
  type: string;
  content: InputBytes;
}

/** AVIF and its like: the items that are no pictures, and what the pictures say of themselves. */
export function readHeif(file: InputBytes, findings: Findings): void {
  const meta = boxesOf(file)
    .find(({ type }) => type === 'meta')
    ?.content.part(FULL_BOX_BYTES);
  if (!meta) return;
  const boxes = boxesOf(meta);
  const find = (type: string) => boxes.find((box) => box.type === type)?.content;
  findings.lookInto(() => readProperties(find('iprp'), findings));
  findings.lookInto(() => readReferences(find('iref'), findings));
  const kinds = new Map<number, 'exif' | 'xmp'>();
  findings.lookInto(() => readItemInfos(find('iinf'), kinds, findings));
  findings.lookInto(() => readLocations(find('iloc'), file, find('idat'), kinds, findings));
}

function boxesOf(bytes: InputBytes): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at + BOX_HEADER_BYTES <= bytes.size && boxes.length < BOXES_AT_MOST; ) {
    const said = bytes.u32(at);
    // Zero means to the end, one that 64 bits follow: of these the lower ones say all that a file here can have.
    const size = said === 0 ? bytes.size - at : said === 1 ? bytes.u32(at + 12) : said;
    const header = said === 1 ? 16 : BOX_HEADER_BYTES;
    if (size < header) break;
    boxes.push({ type: bytes.text(at + 4, 4), content: bytes.part(at + header, size - header) });
    at += size;
  }
  return boxes;
}

function readProperties(iprp: InputBytes | undefined, findings: Findings): void {
  const ipco = iprp && boxesOf(iprp).find(({ type }) => type === 'ipco')?.content;
  for (const { type, content } of ipco ? boxesOf(ipco) : []) {
    if (type === 'colr' && content.text(0, 4) !== 'nclx') findings.add('profile');
    if (type === 'auxC' && /gainmap/i.test(content.text(FULL_BOX_BYTES, 200))) findings.add('gain_map');
  }
}

function readReferences(iref: InputBytes | undefined, findings: Findings): void {
  const references = iref ? boxesOf(iref.part(FULL_BOX_BYTES)) : [];
  if (references.some(({ type }) => type === 'thmb')) findings.add('thumbnail');
}

function readItemInfos(
  iinf: InputBytes | undefined,
  kinds: Map<number, 'exif' | 'xmp'>,
  findings: Findings,
): void {
  if (!iinf) return;
  const countBytes = iinf.u8(0) === 0 ? 2 : 4;
  for (const { type, content } of boxesOf(iinf.part(FULL_BOX_BYTES + countBytes))) {
    const version = content.u8(0);
    if (type !== 'infe' || version < 2) continue;
    const item = version === 2 ? content.u16(4) : content.u32(4);
    const at = version === 2 ? 8 : 10;
    const kind = content.text(at, 4);
    if (kind === 'tmap') findings.add('gain_map');
    if (kind === 'Exif') kinds.set(item, 'exif');
    // Behind a name, which ends with a zero, is the type of its content.
    if (kind === 'mime' && content.text(at + 4, 200).includes(XMP_TYPE)) kinds.set(item, 'xmp');
  }
  // It counts even where nobody says where it is.
  findings.add(...kinds.values());
}

function readLocations(
  iloc: InputBytes | undefined,
  file: InputBytes,
  idat: InputBytes | undefined,
  kinds: ReadonlyMap<number, 'exif' | 'xmp'>,
  findings: Findings,
): void {
  if (!iloc || kinds.size === 0) return;
  const version = iloc.u8(0);
  const sizes = iloc.u16(4);
  const [offsetBytes, lengthBytes, baseBytes, indexBytes] = [
    sizes >> 12,
    (sizes >> 8) & 15,
    (sizes >> 4) & 15,
    sizes & 15,
  ];
  const idBytes = version === 2 ? 4 : 2;
  let at = 6;
  const next = (bytes: number) => {
    const value = numberAt(iloc, at, bytes);
    at += bytes;
    return value;
  };
  const count = Math.min(next(idBytes), ITEMS_AT_MOST);
  for (let index = 0; index < count; index++) {
    const kind = kinds.get(next(idBytes));
    const isInside = version > 0 && (next(2) & 15) === 1;
    next(2);
    const base = next(baseBytes);
    const extents = next(2);
    if (extents === 0) continue;
    const first = at;
    if (version > 0) next(indexBytes);
    const offset = base + next(offsetBytes);
    const length = next(lengthBytes);
    // In one piece, as everyone writes it. The other pieces are not gone through: of no bytes each, there may be 600 million.
    at = first + extents * (at - first);
    const data = (isInside ? idat : file)?.part(offset, length);
    if (kind && data) findings.lookInto(() => readItem(kind, data, findings));
  }
}

function readItem(kind: 'exif' | 'xmp', data: InputBytes, findings: Findings): void {
  if (kind === 'xmp') return readXmp(data, findings);
  const begin = TIFF_OFFSET_BYTES + data.u32(0);
  // libheif's own files say zero, and have the name of JPEG's segment there.
  const isNamed = data.text(begin, 6) === 'Exif\0\0';
  readExif(data.part(isNamed ? begin + 6 : begin), findings);
}

/** Of 0, 2, 4 or 8 bytes; of eight the lower four say all that a file here can have. */
function numberAt(bytes: InputBytes, at: number, count: number): number {
  if (count === 0) return 0;
  if (count === 8) return bytes.u32(at + 4);
  return count === 4 ? bytes.u32(at) : bytes.u16(at);
}
