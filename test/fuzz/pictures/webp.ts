import type { Random } from '../random.ts';
import { type Mutator, mutateBytes, putNumberAt } from './bytes.ts';
import { mutateTiff } from './tiff.ts';

/** RFC 9649, section 2.3. */
interface Chunk {
  type: string;
  data: Buffer;
  /** As it is to be written, where it lies. */
  length?: number;
}

type Change = (chunks: Chunk[], random: Random) => Chunk[];

const RIFF_HEADER_BYTES = 12;
const TYPES = ['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ANIM', 'ANMF', 'ICCP', 'EXIF', 'XMP ', 'JUNK'];

const onOne = (chunks: Chunk[], random: Random, change: (chunk: Chunk) => Chunk): Chunk[] => {
  const at = random.below(chunks.length);
  return chunks.map((chunk, index) => (index === at ? change(chunk) : chunk));
};

/** The flags, the canvas, the size of a key frame, where a frame lies: whatever stands in the first bytes of each chunk. */
const changeHeader: Change = (chunks, random) =>
  onOne(chunks, random, (chunk) => {
    const most = chunk.type === 'VP8 ' ? 10 : chunk.type === 'ANMF' ? 34 : 16;
    const bytes = random.pick([1, 2, 3]);
    return { ...chunk, data: putNumberAt(chunk.data, random.below(most), bytes, random, true) };
  });

const changeContent: Change = (chunks, random) =>
  onOne(chunks, random, (chunk) => {
    const mutate = chunk.type === 'EXIF' ? mutateTiff : mutateBytes;
    return { ...chunk, data: mutate(chunk.data, random) };
  });

const lieAboutLength: Change = (chunks, random) =>
  onOne(chunks, random, (chunk) => ({ ...chunk, length: random.number(4, chunk.data.length) }));

const changeType: Change = (chunks, random) =>
  onOne(chunks, random, (chunk) => ({ ...chunk, type: random.pick(TYPES) }));

const drop: Change = (chunks, random) => chunks.toSpliced(random.below(chunks.length), 1);

const repeat: Change = (chunks, random) => {
  const times = random.chance(0.05) ? 200 : random.between(1, 3);
  return chunks.toSpliced(
    random.below(chunks.length + 1),
    0,
    ...Array<Chunk>(times).fill(random.pick(chunks)),
  );
};

const insertChunk: Change = (chunks, random) =>
  chunks.toSpliced(random.below(chunks.length + 1), 0, {
    type: random.pick(TYPES),
    data: random.bytes(random.pick([0, 1, 5, 6, 10, 16, 24, 40])),
  });

/** What is inside a frame of an animation is chunks again. */
const changeFrame: Change = (chunks, random) => {
  const frames = chunks.flatMap((chunk, at) => (chunk.type === 'ANMF' && chunk.data.length > 24 ? [at] : []));
  if (frames.length === 0) return changeContent(chunks, random);
  const at = random.pick(frames);
  return chunks.map((chunk, index) => {
    if (index !== at) return chunk;
    const inner = chunksOf(chunk.data, 16);
    if (inner.length === 0) return { ...chunk, data: mutateBytes(chunk.data, random) };
    const made = random.weighted(CHANGES)(inner, random).map(written);
    return { ...chunk, data: Buffer.concat([chunk.data.subarray(0, 16), ...made]) };
  });
};

const CHANGES: readonly (readonly [number, Change])[] = [
  [6, changeHeader],
  [6, changeContent],
  [2, lieAboutLength],
  [1, changeType],
  [1, drop],
  [1, repeat],
  [1, insertChunk],
];

/** Chunks of a WebP, and the size that the file gives itself: mostly the right one. */
export const mutateWebp: Mutator = (file, random) => {
  const chunks = chunksOf(file, RIFF_HEADER_BYTES);
  if (chunks.length === 0) return mutateBytes(file, random);
  const change = random.weighted([...CHANGES, [4, changeFrame]]);
  const made = Buffer.concat([file.subarray(0, RIFF_HEADER_BYTES), ...change(chunks, random).map(written)]);
  made.writeUInt32LE(made.length - 8, 4);
  return random.chance(0.05) ? putNumberAt(made, 4, 4, random, true) : made;
};

function chunksOf(file: Buffer, from: number): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = from; at + 8 <= file.length; ) {
    const length = file.readUInt32LE(at + 4);
    const end = at + 8 + length;
    if (end > file.length) break;
    chunks.push({ type: file.toString('latin1', at, at + 4), data: file.subarray(at + 8, end) });
    at = end + (length % 2);
  }
  return chunks;
}

function written({ type, data, length }: Chunk): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, 'latin1');
  head.writeUInt32LE(length ?? data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
}
