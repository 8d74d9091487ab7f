import { readExif } from './exif.ts';
import type { Findings } from './findings.ts';
import type { InputBytes } from './input-bytes.ts';
import { readXmp } from './xmp.ts';

const SIGNATURE_BYTES = 8;
/** Length, type and check sum: PNG, third edition, section 5.3. */
const CHUNK_BYTES = 12;

/** Of a keyword: section 11.3.3.2. */
const KEYWORD_BYTES_AT_MOST = 79;
const XMP = 'XML:com.adobe.xmp';

/** Blocks of other formats in hexadecimal digits, as ImageMagick has written them before PNG had a chunk for EXIF. */
const RAW_PROFILE = /^Raw profile type (?:(exif|APP1)|(xmp)|(8bim|iptc)|(icc|icm))$/i;
const RAW_KINDS = ['exif', 'xmp', 'iptc', 'profile'] as const;

export function readPng(file: InputBytes, findings: Findings): void {
  for (let at = SIGNATURE_BYTES; at + CHUNK_BYTES <= file.size; ) {
    const length = file.u32(at);
    const type = file.text(at + 4, 4);
    if (type === 'IEND') return;
    const data = file.part(at + 8, length);
    findings.lookInto(() => readChunk(type, data, findings));
    at += CHUNK_BYTES + length;
  }
}

function readChunk(type: string, data: InputBytes, findings: Findings): void {
  switch (type) {
    case 'eXIf':
      return readExif(data, findings);
    case 'iCCP':
      return findings.add('profile');
    case 'tIME':
      return findings.add('time');
    case 'tEXt':
    case 'zTXt':
    case 'iTXt':
      return readText(data, findings);
    default:
  }
}

/** What is written is told by its keyword; a text that is compressed stays so. */
function readText(data: InputBytes, findings: Findings): void {
  const [keyword = ''] = data.text(0, KEYWORD_BYTES_AT_MOST + 1).split('\0', 1);
  const raw = RAW_PROFILE.exec(keyword);
  if (keyword === XMP) readXmp(data.part(XMP.length), findings);
  else if (raw) findings.add(...RAW_KINDS.filter((_, index) => raw[index + 1] !== undefined));
  else if (keyword === 'Author') findings.add('artist');
  else if (keyword === 'Copyright') findings.add('copyright');
  else if (/^date:|time$/i.test(keyword)) findings.add('time');
  // What made the file says nothing of a person.
  else if (keyword !== 'Software') findings.add('comment');
}
