/** Markers of ISO/IEC 10918-1, table B.1. */
const APP0 = 0xe0;
const APP15 = 0xef;
const APP2 = 0xe2;
const APP13 = 0xed;
const COM = 0xfe;
const SOI_BYTES = 2;

/** Datasets of record 2 of IPTC IIM 4.2. */
const IPTC_DATASET = { byLine: 80, city: 90, caption: 120 } as const;

export function comment(text: string): Buffer {
  return segment(COM, Buffer.from(text));
}

/** One chunk of a profile, which holds as long as it is below 64 KiB: ICC.1:2022, annex B.4. */
export function iccProfile(profile: Uint8Array): Buffer {
  const oneOfOne = Buffer.from([1, 1]);
  return segment(APP2, Buffer.concat([Buffer.from('ICC_PROFILE\0'), oneOfOne, profile]));
}

/** IPTC within a Photoshop image resource: Adobe Photoshop File Formats Specification, resource 0x0404. */
export function iptc(values: Record<keyof typeof IPTC_DATASET, string>): Buffer {
  const datasets = [
    iptcDataset(IPTC_DATASET.byLine, values.byLine),
    iptcDataset(IPTC_DATASET.city, values.city),
    iptcDataset(IPTC_DATASET.caption, values.caption),
  ];
  const data = Buffer.concat(datasets);
  const evenPadding = Buffer.alloc(data.length % 2);
  const noName = Buffer.alloc(2);
  const resource = [Buffer.from('8BIM'), u16(0x0404), noName, u32(data.length), data, evenPadding];
  return segment(APP13, Buffer.concat([Buffer.from('Photoshop 3.0\0'), ...resource]));
}

/** Adds segments behind the last APPn at the head: EXIF wants its own to stay the first. */
export function withSegments(jpeg: Buffer, segments: Buffer[]): Buffer {
  const offset = findMarker(jpeg, (marker) => !isApplicationData(marker));
  return Buffer.concat([jpeg.subarray(0, offset), ...segments, jpeg.subarray(offset)]);
}

/** The offset of the first marker that `isWanted` accepts. It must stand no later than the first scan. */
export function findMarker(jpeg: Buffer, isWanted: (marker: number) => boolean): number {
  let offset = SOI_BYTES;
  while (!isWanted(jpeg.readUInt8(offset + 1))) offset += 2 + jpeg.readUInt16BE(offset + 2);
  return offset;
}

function isApplicationData(marker: number): boolean {
  return marker >= APP0 && marker <= APP15;
}

function iptcDataset(dataset: number, value: string): Buffer {
  const data = Buffer.from(value);
  return Buffer.concat([Buffer.from([0x1c, 2, dataset]), u16(data.length), data]);
}

function segment(marker: number, data: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0xff, marker]), u16(data.length + 2), data]);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
