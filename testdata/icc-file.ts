/** What the header of a profile says of it: ICC.1:2022, 7.2. */
export interface IccHeader {
  version: 2 | 4;
  deviceClass: 'mntr' | 'prtr' | 'scnr';
  colourSpace: 'RGB ' | 'GRAY' | 'CMYK';
  connectionSpace: 'XYZ ' | 'Lab ';
}

/** A tag's signature and its data, whose type stands in its first bytes. */
export type IccTag = [signature: string, data: Buffer];

const HEADER_BYTES = 128;
const TAG_ENTRY_BYTES = 12;

/** D50, the illuminant of the connection space, as X, Y and Z: ICC.1:2022, 7.2.16. */
export const D50 = [0.9642, 1, 0.8249] as const;

/** A profile file: header, table of tags, and the tags one behind the other. */
export function iccFile(about: IccHeader, tags: readonly IccTag[]): Buffer {
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
  return Buffer.concat([header(about, offset), table, ...bodies]);
}

function header({ version, deviceClass, colourSpace, connectionSpace }: IccHeader, size: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt32BE(size, 0);
  bytes.writeUInt32BE(version === 2 ? 0x0210_0000 : 0x0440_0000, 8);
  bytes.write(`${deviceClass}${colourSpace}${connectionSpace}`, 12);
  bytes.write('acsp', 36);
  Buffer.concat(D50.map(fixed16)).copy(bytes, 68);
  return bytes;
}

/** Name, right to copy and white: what each profile has. */
export function commonTags(version: 2 | 4, name: string): IccTag[] {
  return [
    ['desc', version === 2 ? description(name) : localized(name)],
    ['cprt', version === 2 ? Buffer.from('text\0\0\0\0Public domain\0') : localized('Public domain')],
    // The media white point is that of D50: ICC.1:2001-04, 6.3.
    ['wtpt', xyz(D50)],
  ];
}

/** `XYZType`. */
export const xyz = (values: readonly number[]): Buffer =>
  Buffer.concat([Buffer.from('XYZ \0\0\0\0'), ...values.map(fixed16)]);

/** `textDescriptionType`: ASCII, then empty Unicode (8 bytes) and Macintosh (70 bytes) parts. */
function description(text: string): Buffer {
  return Buffer.concat([
    Buffer.from('desc\0\0\0\0'),
    u32(text.length + 1),
    Buffer.from(`${text}\0`),
    Buffer.alloc(78),
  ]);
}

/** `multiLocalizedUnicodeType` with one record, whose text begins right behind it: ICC.1:2022, 10.15. */
function localized(text: string): Buffer {
  const [records, recordBytes, textAt] = [1, 12, 28];
  const unicode = Buffer.from(text, 'utf16le').swap16();
  const head = [records, recordBytes].map(u32);
  return Buffer.concat([
    Buffer.from('mluc\0\0\0\0'),
    ...head,
    Buffer.from('enUS'),
    u32(unicode.length),
    u32(textAt),
    unicode,
  ]);
}

/** `s15Fixed16Number`. */
export function fixed16(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(Math.round(value * 0x1_0000));
  return bytes;
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
