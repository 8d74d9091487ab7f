import type { Random } from '../random.ts';
import { changed, type Mutator, mutateBytes, putNumberAt, replaced, within } from './bytes.ts';

/** An image or an extension, from its introducer to behind the block that ends it: GIF89a, sections 20 to 26. */
interface Block {
  kind: 'image' | 'extension';
  start: number;
  /** Where its chain of sub-blocks begins. */
  data: number;
  end: number;
}

const HEADER_BYTES = 13;

type Change = (file: Buffer, blocks: readonly Block[], random: Random) => Buffer;

/** The logical screen, its flags, the background. */
const changeScreen: Change = (file, _blocks, random) => {
  const at = random.pick([6, 8, 10, 11, 12]);
  return putNumberAt(file, at, at < 10 ? 2 : 1, random, true);
};

/** Where an image lies, how large it is, its flags and the size of its codes. */
const changeImage: Change = (file, blocks, random) => {
  const images = blocks.filter(({ kind }) => kind === 'image');
  if (images.length === 0) return changeScreen(file, blocks, random);
  const { start, data } = random.pick(images);
  const at = random.pick([1, 3, 5, 7, 9, -1]);
  return at < 0
    ? putNumberAt(file, data - 1, 1, random)
    : putNumberAt(file, start + at, at === 9 ? 1 : 2, random, true);
};

const changeExtension: Change = (file, blocks, random) => {
  const { start, data } = random.pick(blocks);
  return putNumberAt(file, random.between(start + 1, data + 5), 1, random);
};

/** The length of a sub-block: all behind it is then read otherwise. */
const changeSubBlock: Change = (file, blocks, random) => {
  const { data, end } = random.pick(blocks);
  const lengths: number[] = [];
  for (let at = data; at < end; at += 1 + (file[at] ?? 0)) lengths.push(at);
  return lengths.length === 0 ? file : putNumberAt(file, random.pick(lengths), 1, random);
};

const changeCoded: Change = (file, blocks, random) => {
  const { data, end } = random.pick(blocks);
  return within(file, Math.min(data, end), end, random);
};

const drop: Change = (file, blocks, random) => {
  const { start, end } = random.pick(blocks);
  return replaced(file, start, end, Buffer.alloc(0));
};

const repeat: Change = (file, blocks, random) => {
  const { start, end } = random.pick(blocks);
  const to = random.pick(blocks).start;
  const times = random.chance(0.1) ? random.between(50, 120) : random.between(1, 3);
  return replaced(file, to, to, Buffer.concat(Array<Buffer>(times).fill(file.subarray(start, end))));
};

const insertExtension: Change = (file, blocks, random) => {
  const { start } = random.pick(blocks);
  const content = random.bytes(random.below(12));
  const label = random.pick([0x01, 0xf9, 0xfe, 0xff, random.below(256)]);
  const length = random.chance(0.7) ? content.length : random.below(256);
  return replaced(
    file,
    start,
    start,
    Buffer.concat([Buffer.from([0x21, label, length]), content, Buffer.alloc(1)]),
  );
};

const endEarly: Change = (file, blocks, random) =>
  changed(file, (copy) => copy.writeUInt8(0x3b, random.pick(blocks).start));

const CHANGES: readonly (readonly [number, Change])[] = [
  [3, changeScreen],
  [5, changeImage],
  [2, changeExtension],
  [2, changeSubBlock],
  [5, changeCoded],
  [1, drop],
  [2, repeat],
  [1, insertExtension],
  [1, endEarly],
];

/** Screen, images, extensions and coded data of a GIF. */
export const mutateGif: Mutator = (file, random) => {
  const blocks = blocksOf(file);
  return blocks.length === 0 ? mutateBytes(file, random) : random.weighted(CHANGES)(file, blocks, random);
};

const tableBytes = (flags: number): number => ((flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1));

function blocksOf(file: Buffer): Block[] {
  const blocks: Block[] = [];
  if (file.length < HEADER_BYTES) return blocks;
  for (let start = HEADER_BYTES + tableBytes(file.readUInt8(10)); start + 10 < file.length; ) {
    const isImage = file[start] === 0x2c;
    if (!isImage && file[start] !== 0x21) break;
    const data = isImage ? start + 11 + tableBytes(file.readUInt8(start + 9)) : start + 2;
    const end = endOfSubBlocks(file, data);
    blocks.push({ kind: isImage ? 'image' : 'extension', start, data, end });
    start = end;
  }
  return blocks;
}

function endOfSubBlocks(file: Buffer, from: number): number {
  let at = from;
  while (at < file.length && file[at] !== 0) at += 1 + (file[at] ?? 0);
  return Math.min(file.length, at + 1);
}
