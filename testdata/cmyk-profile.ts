type Lab = readonly [number, number, number];

/**
 * L*, a*, b* of the paper and of each overprint, near to ISO 12647-2 on coated paper. libvips's own CMYK
 * profile would do, but weighs 960 kB: a third of all that testdata may.
 */
const PAPER: Lab = [95, 0, -2];
const YELLOW: Lab = [89, -5, 93];
const MAGENTA: Lab = [48, 74, -3];
const RED: Lab = [47, 68, 48];
const CYAN: Lab = [55, -37, -50];
const GREEN: Lab = [50, -65, 27];
const BLUE: Lab = [24, 22, -46];
const THREE_COLOUR_BLACK: Lab = [23, 0, 0];
const BLACK: Lab = [16, 0, 0];

/** The corners of the CMYK cube: black varies fastest, then yellow, magenta and cyan, as `mft2` wants it. */
const CUBE: readonly Lab[] = [PAPER, YELLOW, MAGENTA, RED, CYAN, GREEN, BLUE, THREE_COLOUR_BLACK].flatMap(
  (colour) => [colour, BLACK],
);

const HEADER_BYTES = 128;
const TAG_ENTRY_BYTES = 12;

/** The smallest ICC v2 profile of a CMYK printer that a reader can use: 16 colours and the way between them. */
export function cmykProfile(): Buffer {
  const tags: [string, Buffer][] = [
    ['desc', description('Darkroom test CMYK')],
    ['cprt', Buffer.from('text\0\0\0\0Public domain\0')],
    // The media white point is that of D50, the illuminant of the connection space: ICC.1:2001-04, 6.3.
    ['wtpt', Buffer.concat([Buffer.from('XYZ \0\0\0\0'), fixed16(0.9642), fixed16(1), fixed16(0.8249)])],
    ['A2B0', lookupTable()],
  ];
  const table = Buffer.alloc(4 + tags.length * TAG_ENTRY_BYTES);
  table.writeUInt32BE(tags.length);
  const bodies: Buffer[] = [];
  let offset = HEADER_BYTES + table.length;
  for (const [index, [signature, data]] of tags.entries()) {
    const entry = 4 + index * TAG_ENTRY_BYTES;
    table.write(signature, entry);
    table.writeUInt32BE(offset, entry + 4);
    table.writeUInt32BE(data.length, entry + 8);
    const padded = Buffer.concat([data, Buffer.alloc(-data.length & 3)]);
    bodies.push(padded);
    offset += padded.length;
  }
  return Buffer.concat([header(offset), table, ...bodies]);
}

/** ICC.1:2001-04, 6.1. */
function header(size: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt32BE(size, 0);
  bytes.writeUInt32BE(0x0210_0000, 8);
  bytes.write('prtrCMYKLab ', 12);
  bytes.write('acsp', 36);
  Buffer.concat([fixed16(0.9642), fixed16(1), fixed16(0.8249)]).copy(bytes, 68);
  return bytes;
}

/** `lut16Type` with straight curves and two grid points: ICC.1:2001-04, 6.5.7. */
function lookupTable(): Buffer {
  const [inputs, outputs, gridPoints] = [4, 3, 2];
  const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1].map(fixed16);
  const straight = [0, 0xffff];
  const curves = (count: number) => Array.from({ length: count }, () => straight).flat();
  const head = Buffer.concat([Buffer.from('mft2\0\0\0\0'), Buffer.from([inputs, outputs, gridPoints, 0])]);
  const numbers = [2, 2, ...curves(inputs), ...CUBE.flatMap(encodeLab), ...curves(outputs)];
  return Buffer.concat([head, ...identity, ...numbers.map(u16)]);
}

/** The 16-bit Lab of version 2, in which 0xff00 is L* 100 and 0x8000 is neutral: ICC.1:2001-04, annex A. */
function encodeLab([lightness, a, b]: Lab): number[] {
  return [Math.round((lightness * 0xff00) / 100), Math.round((a + 128) * 256), Math.round((b + 128) * 256)];
}

/** `textDescriptionType`: ASCII, then empty Unicode (8 bytes) and Macintosh (70 bytes) parts. */
function description(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length + 1);
  return Buffer.concat([Buffer.from('desc\0\0\0\0'), length, Buffer.from(`${text}\0`), Buffer.alloc(78)]);
}

/** `s15Fixed16Number`. */
function fixed16(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(Math.round(value * 0x1_0000));
  return bytes;
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
