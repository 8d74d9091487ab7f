import type { MetadataKind } from '../../../shared/domain/description.ts';
import type { Findings } from './findings.ts';
import type { InputBytes } from './input-bytes.ts';
import { readXmp } from './xmp.ts';

// Image resources: Adobe Photoshop File Formats Specification.
const IPTC_RESOURCE = 0x0404;
const EXIF_RESOURCE = 0x0422;
const XMP_RESOURCE = 0x0424;
const PROFILE_RESOURCE = 0x040f;
const THUMBNAIL_RESOURCES = [0x0409, 0x040c];

// Datasets of IPTC IIM 4.2, record 2.
const TAG_MARKER = 0x1c;
const APPLICATION_RECORD = 2;
const BY_LINE = 80;
const COPYRIGHT_NOTICE = 116;
const TOLD_BY: ReadonlyMap<number, MetadataKind> = new Map([
  [5, 'comment'], // object name
  [25, 'comment'], // keywords
  [26, 'position'], // content location code
  [27, 'position'], // content location name
  [55, 'time'], // date created
  [60, 'time'], // time created
  [62, 'time'], // digital creation date
  [63, 'time'], // digital creation time
  [85, 'artist'], // by-line title
  [90, 'position'], // city
  [92, 'position'], // sublocation
  [95, 'position'], // state
  [100, 'position'], // country code
  [101, 'position'], // country name
  [105, 'comment'], // headline
  [110, 'owner'], // credit
  [115, 'owner'], // source
  [118, 'owner'], // contact
  [120, 'comment'], // caption
  [122, 'owner'], // writer
]);

const TEXT_BYTES_AT_MOST = 2_048;

/** The image resources of Photoshop, of which IPTC is one. */
export function readPhotoshop(resources: InputBytes, findings: Findings): void {
  for (let at = 0; at + 12 <= resources.size && resources.text(at, 4) === '8BIM'; ) {
    const id = resources.u16(at + 4);
    // A name, its length before it, and a size; both are padded to an even length.
    const size = at + 6 + even(1 + resources.u8(at + 6));
    const length = resources.u32(size);
    const data = resources.part(size + 4, length);
    findings.lookInto(() => readResource(id, data, findings));
    at = size + 4 + even(length);
  }
}

function readResource(id: number, data: InputBytes, findings: Findings): void {
  if (id === IPTC_RESOURCE) readIptc(data, findings);
  else if (id === EXIF_RESOURCE) findings.add('exif');
  else if (id === XMP_RESOURCE) readXmp(data, findings);
  else if (id === PROFILE_RESOURCE) findings.add('profile');
  else if (THUMBNAIL_RESOURCES.includes(id)) findings.add('thumbnail');
}

export function readIptc(datasets: InputBytes, findings: Findings): void {
  for (let at = 0; at + 5 <= datasets.size && datasets.u8(at) === TAG_MARKER; ) {
    const record = datasets.u8(at + 1);
    const dataset = datasets.u8(at + 2);
    const length = datasets.u16(at + 3);
    if (record === APPLICATION_RECORD) readDataset(dataset, datasets.part(at + 5, length), findings);
    at += 5 + length;
  }
}

function readDataset(dataset: number, value: InputBytes, findings: Findings): void {
  findings.add('iptc');
  const text = value.read(0, TEXT_BYTES_AT_MOST).toString('utf8').trim();
  if (text === '') return;
  const kind = TOLD_BY.get(dataset);
  if (kind) findings.add(kind);
  if (dataset === BY_LINE) findings.addArtist(text);
  if (dataset === COPYRIGHT_NOTICE) findings.addCopyright(text);
}

const even = (length: number): number => length + (length % 2);
