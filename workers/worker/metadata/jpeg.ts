import { readExif } from './exif.ts';
import type { Findings } from './findings.ts';
import type { InputBytes } from './input-bytes.ts';
import { readPhotoshop } from './iptc.ts';
import { readMpf } from './mpf.ts';
import { readXmp } from './xmp.ts';

// Marker codes: ITU-T T.81, table B.1.
const SOI = 0xffd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP0 = 0xe0;
const APP1 = 0xe1;
const APP2 = 0xe2;
const APP13 = 0xed;
const COM = 0xfe;

const EXIF = 'Exif\0\0';
const XMP = 'http://ns.adobe.com/xap/1.0/\0';
const EXTENDED_XMP = 'http://ns.adobe.com/xmp/extension/\0';
const ICC = 'ICC_PROFILE\0';
const MPF = 'MPF\0';
/** ISO 21496-1, annex C. */
const GAIN_MAP = 'urn:iso:std:iso:ts:21496:-1\0';
const PHOTOSHOP = 'Photoshop 3.0\0';
const JFIF = 'JFIF\0';
const JFIF_EXTENSION = 'JFXX\0';
const LONGEST_NAME = EXTENDED_XMP.length;

/** What stands in the segments before the picture data, and in the pictures behind it that one of them names. */
export function readJpeg(file: InputBytes, findings: Findings): void {
  eachSegment(file, (marker, data, start) => {
    if (marker === APP2 && data.text(0, MPF.length) === MPF) {
      const tiff = data.part(MPF.length);
      const pictures = file.part(start + MPF.length);
      findings.lookInto(() => readMpf(tiff, pictures, findings, isGainMap));
    } else findings.lookInto(() => readSegment(marker, data, findings));
  });
}

function readSegment(marker: number, data: InputBytes, findings: Findings): void {
  if (marker === COM && data.size > 0) findings.add('comment');
  const name = data.text(0, LONGEST_NAME);
  const behind = (text: string) => data.part(text.length);
  if (marker === APP1 && name.startsWith(EXIF)) readExif(behind(EXIF), findings);
  else if (marker === APP1 && name.startsWith(XMP)) readXmp(behind(XMP), findings);
  // The rest of a packet that was too long for one segment: a depth map, a picture.
  else if (marker === APP1 && name.startsWith(EXTENDED_XMP)) findings.add('xmp');
  else if (marker === APP2 && name.startsWith(ICC)) findings.add('profile');
  else if (marker === APP2 && name.startsWith(GAIN_MAP)) findings.add('gain_map');
  else if (marker === APP13 && name.startsWith(PHOTOSHOP)) readPhotoshop(behind(PHOTOSHOP), findings);
  else if (marker === APP0 && name.startsWith(JFIF_EXTENSION)) findings.add('thumbnail');
  // JFIF 1.02: at 12 and 13 are the sides of a thumbnail.
  else if (marker === APP0 && name.startsWith(JFIF) && data.u16(12) !== 0) findings.add('thumbnail');
}

/** A JPEG that says of itself that it is the gain map of another one, as Ultra HDR and Apple have it. */
function isGainMap(file: InputBytes): boolean {
  let says = false;
  eachSegment(file, (marker, data) => {
    if (marker === APP2) says ||= data.text(0, GAIN_MAP.length) === GAIN_MAP;
    if (marker === APP1) says ||= /hdrgm:|hdrgainmap/i.test(data.text(0, data.size));
  });
  return says;
}

/** From the beginning to the picture data; junk between segments ends it. */
function eachSegment(
  file: InputBytes,
  look: (marker: number, data: InputBytes, start: number) => void,
): void {
  if (file.size < 2 || file.u16(0) !== SOI) return;
  for (let at = 2; at + 4 <= file.size && file.u8(at) === 0xff; ) {
    const marker = file.u8(at + 1);
    if (marker === SOS || marker === EOI) return;
    // A fill byte: T.81, B.1.1.2.
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const length = Math.max(2, file.u16(at + 2));
    look(marker, file.part(at + 4, length - 2), at + 4);
    at += 2 + length;
  }
}
