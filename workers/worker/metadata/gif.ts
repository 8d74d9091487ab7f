import type { Findings } from './findings.ts';
import type { InputBytes } from './input-bytes.ts';
import { readXmp } from './xmp.ts';

// GIF89a: section 18 (screen), 20 (image), 23 to 26 (extensions).
const SCREEN_BYTES = 13;
const SCREEN_FLAGS = 10;
const IMAGE_BYTES = 10;
const IMAGE_FLAGS = 9;
const HAS_TABLE = 0x80;
const EXTENSION = 0x21;
const IMAGE = 0x2c;
const COMMENT = 0xfe;
const PLAIN_TEXT = 0x01;
const APPLICATION = 0xff;
const APPLICATION_BYTES = 11;

export function readGif(file: InputBytes, findings: Findings): void {
  let at = SCREEN_BYTES + tableBytes(file.u8(SCREEN_FLAGS));
  while (at + 2 <= file.size) {
    const block = file.u8(at);
    if (block === IMAGE) {
      // Behind its table is the width of its codes.
      at = behindBlocks(file, at + IMAGE_BYTES + tableBytes(file.u8(at + IMAGE_FLAGS)) + 1);
    } else if (block === EXTENSION) {
      readExtension(file, at + 2, file.u8(at + 1), findings);
      at = behindBlocks(file, at + 2);
    } else return;
  }
}

function readExtension(file: InputBytes, at: number, label: number, findings: Findings): void {
  if ((label === COMMENT || label === PLAIN_TEXT) && file.u8(at) > 0) findings.add('comment');
  if (label !== APPLICATION || file.u8(at) !== APPLICATION_BYTES) return;
  const application = file.text(at + 1, APPLICATION_BYTES);
  // Its packet stands there as it is: XMP, part 3, section 1.1.2.
  if (application === 'XMP DataXMP') readXmp(file.part(at + 1 + APPLICATION_BYTES), findings);
  if (application === 'ICCRGBG1012') findings.add('profile');
}

/** Section 15: each block has its length before it, and the last one is empty. */
function behindBlocks(file: InputBytes, start: number): number {
  let at = start;
  for (let length = file.u8(at); length > 0; length = file.u8(at)) at += 1 + length;
  return at + 1;
}

const tableBytes = (flags: number): number => (flags & HAS_TABLE ? 3 * 2 ** ((flags & 0x07) + 1) : 0);
