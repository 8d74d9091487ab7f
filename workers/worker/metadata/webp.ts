import { readExif } from './exif.ts';
import type { Findings } from './findings.ts';
import type { InputBytes } from './input-bytes.ts';
import { readXmp } from './xmp.ts';

/** RFC 9649, section 2.4. */
const RIFF_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;

/** Some write it as JPEG has it, the standard without. */
const EXIF_NAME = 'Exif\0\0';

export function readWebp(file: InputBytes, findings: Findings): void {
  for (let at = RIFF_HEADER_BYTES; at + CHUNK_HEADER_BYTES <= file.size; ) {
    const type = file.text(at, 4);
    const length = file.u32(at + 4, true);
    const data = file.part(at + CHUNK_HEADER_BYTES, length);
    findings.lookInto(() => readChunk(type, data, findings));
    at += CHUNK_HEADER_BYTES + length + (length % 2);
  }
}

function readChunk(type: string, data: InputBytes, findings: Findings): void {
  if (type === 'EXIF') readExif(behindName(data), findings);
  else if (type === 'XMP ') readXmp(data, findings);
  else if (type === 'ICCP') findings.add('profile');
}

const behindName = (data: InputBytes): InputBytes =>
  data.text(0, EXIF_NAME.length) === EXIF_NAME ? data.part(EXIF_NAME.length) : data;
