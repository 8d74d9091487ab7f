import type { Random } from '../random.ts';
import { changed, type Mutator, mutateBytes, putNumberAt, replaced, within } from './bytes.ts';
import { mutateTiff } from './tiff.ts';

/** A box of ISO/IEC 14496-12, and those that it stands in, the outermost first. */
interface Box {
  type: string;
  start: number;
  end: number;
  /** Behind its header. */
  content: number;
  outer: readonly Box[];
}

/** Boxes that hold others, and how many bytes stand before these. */
const CONTAINERS: Partial<Record<string, number>> = {
  meta: 4,
  iprp: 0,
  ipco: 0,
  iinf: 6,
  iref: 4,
  moov: 0,
  trak: 0,
  mdia: 0,
  minf: 0,
  stbl: 0,
  dinf: 0,
  edts: 0,
  grpl: 0,
};
const TYPES = [
  'ftyp',
  'meta',
  'hdlr',
  'pitm',
  'iloc',
  'iinf',
  'infe',
  'iprp',
  'ipco',
  'ipma',
  'ispe',
  'pixi',
  'av1C',
  'hvcC',
  'colr',
  'irot',
  'imir',
  'clap',
  'auxC',
  'iref',
  'dimg',
  'auxl',
  'cdsc',
  'idat',
  'mdat',
  'free',
  'moov',
  'trak',
  'uuid',
  'grid',
];

type Change = (file: Buffer, boxes: readonly Box[], random: Random) => Buffer;

const changeSize: Change = (file, boxes, random) => putNumberAt(file, random.pick(boxes).start, 4, random);

const changeType: Change = (file, boxes, random) =>
  changed(file, (copy) => copy.write(random.pick(TYPES), random.pick(boxes).start + 4, 'latin1'));

/** A number within a box, the headers of items and properties more often than the pixels. */
const changeField: Change = (file, boxes, random) => {
  const small = boxes.filter(
    ({ type, content, end }) => type !== 'mdat' && !(type in CONTAINERS) && end > content,
  );
  if (small.length === 0) return file;
  const { content, end } = random.pick(small);
  const bytes = random.pick([1, 1, 2, 4]);
  return putNumberAt(file, random.between(content, end - bytes), bytes, random);
};

/** Width and height: ISO/IEC 23008-12, section 6.5.3. */
const changeDimensions: Change = (file, boxes, random) => {
  const sizes = boxes.filter(({ type }) => type === 'ispe');
  if (sizes.length === 0) return changeField(file, boxes, random);
  const { content } = random.pick(sizes);
  return changed(file, (copy) => {
    if (content + 12 > copy.length) return;
    const value = random.chance(0.6) ? random.between(1, 3000) : random.number(4);
    copy.writeUInt32BE(value, content + random.pick([4, 8]));
  });
};

const changeContent: Change = (file, boxes, random) => {
  const { content, end, type, outer } = random.pick(boxes);
  const made = within(file, content, end, random, type === 'Exif' ? mutateTiff : mutateBytes);
  return resized(made, outer, made.length - file.length);
};

/** The coded picture, and what else lies with it, such as EXIF. */
const changeData: Change = (file, boxes, random) => {
  const data = boxes.findLast(({ type }) => type === 'mdat');
  return data ? within(file, data.content, data.end, random) : changeContent(file, boxes, random);
};

const drop: Change = (file, boxes, random) => {
  const { start, end, outer } = random.pick(boxes);
  return resized(replaced(file, start, end, Buffer.alloc(0)), outer, start - end);
};

const repeat: Change = (file, boxes, random) => {
  const { start, end } = random.pick(boxes.filter(({ type }) => type !== 'mdat'));
  const target = random.pick(boxes);
  const times = random.chance(0.1) ? 300 : 1;
  const copies = Buffer.concat(Array<Buffer>(times).fill(file.subarray(start, end)));
  return resized(replaced(file, target.start, target.start, copies), target.outer, copies.length);
};

const insertBox: Change = (file, boxes, random) => {
  const { start, outer } = random.pick(boxes);
  const content = random.bytes(random.below(24));
  const box = Buffer.concat([Buffer.alloc(8), content]);
  box.writeUInt32BE(
    random.weighted([
      [6, box.length],
      [1, 0],
      [1, 1],
    ]),
  );
  box.write(random.pick(TYPES), 4, 'latin1');
  return resized(replaced(file, start, start, box), outer, box.length);
};

const CHANGES: readonly (readonly [number, Change])[] = [
  [2, changeSize],
  [1, changeType],
  [6, changeField],
  [2, changeDimensions],
  [3, changeContent],
  [4, changeData],
  [1, drop],
  [1, repeat],
  [1, insertBox],
];

/** Boxes of an AVIF or a HEIC; those around a change grow and shrink with it, mostly. */
export const mutateIsobmff: Mutator = (file, random) => {
  const boxes = boxesOf(file, 0, file.length, []);
  return boxes.some(({ type }) => type !== 'mdat')
    ? random.weighted(CHANGES)(file, boxes, random)
    : mutateBytes(file, random);
};

function boxesOf(file: Buffer, from: number, to: number, outer: readonly Box[]): Box[] {
  const boxes: Box[] = [];
  for (let start = from; start + 8 <= to; ) {
    const size = file.readUInt32BE(start);
    if (size < 8 || start + size > to) break;
    const type = file.toString('latin1', start + 4, start + 8);
    const box = { type, start, end: start + size, content: start + 8, outer };
    const skip = CONTAINERS[type];
    boxes.push(box);
    if (skip !== undefined) boxes.push(...boxesOf(file, box.content + skip, box.end, [...outer, box]));
    start = box.end;
  }
  return boxes;
}

/** Tells the boxes around a change how much longer they are; where data lies behind it, offsets to it stay as they were. */
function resized(file: Buffer, outer: readonly Box[], by: number): Buffer {
  return changed(file, (copy) => {
    for (const { start, end } of outer) {
      const size = end - start + by;
      if (size >= 8 && start + 4 <= copy.length) copy.writeUInt32BE(size, start);
    }
  });
}
