import type { Random } from '../random.ts';
import { changed, type Mutator, mutateBytes, putNumberAt, replaced, within } from './bytes.ts';
import { mutateExif } from './tiff.ts';

/** A marker segment: ITU-T T.81, B.1.1.4. `end` is behind it. */
interface Segment {
  marker: number;
  start: number;
  end: number;
}

const SOS = 0xda;
const EXIF = 'Exif\0\0';
const isFrame = ({ marker }: Segment): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** Of all kinds: frames, tables, restarts, beginnings and ends in the middle. */
const MARKERS = [
  0x01, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc8, 0xc9, 0xca, 0xcc, 0xcd, 0xd0, 0xd3, 0xd7, 0xd8, 0xd9, 0xda,
  0xdb, 0xdc, 0xdd, 0xde, 0xe0, 0xe1, 0xe2, 0xed, 0xee, 0xf0, 0xf7, 0xfe, 0xff, 0x00,
];

type Change = (file: Buffer, segments: readonly Segment[], random: Random) => Buffer;

const changeLength: Change = (file, segments, random) =>
  putNumberAt(file, random.pick(segments).start + 2, 2, random);

const changeMarker: Change = (file, segments, random) =>
  changed(file, (copy) => copy.writeUInt8(random.pick(MARKERS), random.pick(segments).start + 1));

/** Precision, height, width, number of components, and their ids, sampling factors and tables: T.81, B.2.2. */
const changeFrame: Change = (file, segments, random) => {
  const frame = segments.find(isFrame);
  if (!frame) return file;
  const at = random.weighted([
    [1, 4],
    [3, 5],
    [3, 7],
    [1, 9],
    [4, random.between(10, frame.end - frame.start - 1)],
  ]);
  return putNumberAt(file, frame.start + at, at === 5 || at === 7 ? 2 : 1, random);
};

/** A size that the picture has not, and that a decoder is to make room for. */
const growFrame: Change = (file, segments, random) => {
  const frame = segments.find(isFrame);
  if (!frame) return file;
  return changed(file, (copy) => {
    copy.writeUInt16BE(random.between(1, 4000), frame.start + 5);
    copy.writeUInt16BE(random.between(1, 4000), frame.start + 7);
  });
};

const changeContent: Change = (file, segments, random) => {
  const { start, end } = random.pick(segments);
  return within(file, Math.min(end, start + 4), end, random);
};

const changeExif: Change = (file, segments, random) => {
  const exif = segments.find(({ start }) => file.toString('latin1', start + 4, start + 10) === EXIF);
  return exif
    ? mutateExif(file, exif.start + 4 + EXIF.length, exif.end, random)
    : changeContent(file, segments, random);
};

const drop: Change = (file, segments, random) => {
  const { start, end } = random.pick(segments);
  return replaced(file, start, end, Buffer.alloc(0));
};

const repeat: Change = (file, segments, random) => {
  const { start, end } = random.pick(segments);
  const to = random.pick(segments).start;
  const times = random.chance(0.05) ? 500 : 1;
  return replaced(file, to, to, Buffer.concat(Array<Buffer>(times).fill(file.subarray(start, end))));
};

const insertMarker: Change = (file, segments, random) => {
  const at = random.chance(0.5) ? random.pick(segments).start : random.below(file.length);
  const content = random.bytes(random.below(40));
  const length = random.chance(0.8) ? content.length + 2 : random.number(2);
  const head = Buffer.from([0xff, random.pick(MARKERS), length >> 8, length & 0xff]);
  return replaced(file, at, at, random.chance(0.4) ? head.subarray(0, 2) : Buffer.concat([head, content]));
};

/** The coded data behind the last header. */
const changeScan: Change = (file, segments, random) => {
  const scan = segments.findLast(({ marker }) => marker === SOS) ?? { end: 2 };
  return within(file, scan.end, file.length, random);
};

/** Many scans: each costs a progressive decoder a pass over the picture. */
const repeatScan: Change = (file, segments, random) => {
  const scan = segments.find(({ marker }) => marker === SOS);
  if (!scan) return file;
  const coded = file.subarray(scan.start, file.length - 2);
  return replaced(
    file,
    file.length - 2,
    file.length - 2,
    Buffer.concat(Array<Buffer>(random.between(1, 60)).fill(coded)),
  );
};

const CHANGES: readonly (readonly [number, Change])[] = [
  [2, changeLength],
  [2, changeMarker],
  [4, changeFrame],
  [1, growFrame],
  [4, changeContent],
  [4, changeExif],
  [2, drop],
  [2, repeat],
  [2, insertMarker],
  [5, changeScan],
  [1, repeatScan],
];

/** Markers, lengths, frame headers, tables, EXIF and coded data of a JPEG. */
export const mutateJpeg: Mutator = (file, random) => {
  const segments = segmentsOf(file);
  return segments.length === 0 ? mutateBytes(file, random) : random.weighted(CHANGES)(file, segments, random);
};

/** Up to the first thing that is none; of a progressive one, those before its first scan. */
function segmentsOf(file: Buffer): Segment[] {
  const segments: Segment[] = [];
  for (let start = 2; start + 4 <= file.length && file[start] === 0xff; ) {
    const marker = file.readUInt8(start + 1);
    const end = start + 2 + file.readUInt16BE(start + 2);
    if (end > file.length) break;
    segments.push({ marker, start, end });
    if (marker === SOS) break;
    start = end;
  }
  return segments;
}
