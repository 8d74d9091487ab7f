import { crc32, deflateSync, inflateSync } from 'node:zlib';
import type { Random } from '../random.ts';
import { type Mutator, mutateBytes, putNumberAt } from './bytes.ts';
import { mutateTiff } from './tiff.ts';

const SIGNATURE_BYTES = 8;
const TYPES = [
  'IHDR',
  'PLTE',
  'IDAT',
  'IEND',
  'tRNS',
  'gAMA',
  'cHRM',
  'sRGB',
  'iCCP',
  'cICP',
  'bKGD',
  'pHYs',
  'sBIT',
  'hIST',
  'sPLT',
  'tIME',
  'tEXt',
  'zTXt',
  'iTXt',
  'eXIf',
  'acTL',
  'fcTL',
  'fdAT',
  'oFFs',
  'vpAg',
  'IDOT',
];

/** The largest that coded pixels are taken apart and made anew for. */
const MOST_PIXEL_BYTES = 4 * 1024 * 1024;

interface Chunk {
  type: string;
  data: Buffer;
  /** As they are to be written, where they lie. */
  length?: number;
  checksum?: number;
}

type Change = (chunks: Chunk[], random: Random) => Chunk[];

const onOne = (chunks: Chunk[], random: Random, change: (chunk: Chunk) => Chunk): Chunk[] => {
  const at = random.below(chunks.length);
  return chunks.map((chunk, index) => (index === at ? change(chunk) : chunk));
};

const onType = (chunks: Chunk[], type: string, change: (chunk: Chunk) => Chunk): Chunk[] =>
  chunks.map((chunk) => (chunk.type === type ? change(chunk) : chunk));

/** Width, height, depth, colour type, compression, filter and interlacing, with a checksum that is right. */
const changeHeader: Change = (chunks, random) =>
  onType(chunks, 'IHDR', (chunk) => {
    const at = random.pick([0, 4, 8, 9, 9, 10, 11, 12, 12]);
    const data =
      at < 8
        ? putNumberAt(chunk.data, at, 4, random)
        : Buffer.from(chunk.data).fill(random.pick([0, 1, 2, 3, 4, 6, 8, 16, random.below(256)]), at, at + 1);
    return { ...chunk, data };
  });

/** A size that the pixels do not fill. */
const growHeader: Change = (chunks, random) =>
  onType(chunks, 'IHDR', (chunk) => {
    const data = Buffer.from(chunk.data);
    data.writeUInt32BE(random.between(1, 3000), 0);
    data.writeUInt32BE(random.between(1, 3000), 4);
    return { ...chunk, data };
  });

/** A few bytes that become as many pixels as the header says, up to some megabytes. */
const bomb: Change = (chunks, random) => {
  const pixels = deflateSync(Buffer.alloc(random.between(1, MOST_PIXEL_BYTES), random.pick([0, 1, 4, 0xff])));
  const grown = random.chance(0.5) ? growHeader(chunks, random) : chunks;
  return onType(grown, 'IDAT', (chunk) => ({ ...chunk, data: pixels }));
};

const changeContent: Change = (chunks, random) =>
  onOne(chunks, random, (chunk) => {
    const mutate = chunk.type === 'eXIf' ? mutateTiff : mutateBytes;
    return { ...chunk, data: mutate(chunk.data, random) };
  });

/** Filters and pixels behind a zlib stream that is whole. */
const changePixels: Change = (chunks, random) => {
  const coded = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data));
  let pixels: Buffer;
  try {
    pixels = inflateSync(coded, { maxOutputLength: MOST_PIXEL_BYTES });
  } catch {
    return changeContent(chunks, random);
  }
  const at = chunks.findIndex(({ type }) => type === 'IDAT');
  const others = chunks.filter(({ type }) => type !== 'IDAT');
  return others.toSpliced(at, 0, { type: 'IDAT', data: deflateSync(mutateBytes(pixels, random)) });
};

const changeType: Change = (chunks, random) =>
  onOne(chunks, random, (chunk) => ({ ...chunk, type: random.pick(TYPES) }));

const lieAboutLength: Change = (chunks, random) =>
  onOne(chunks, random, (chunk) => ({ ...chunk, length: random.number(4, chunk.data.length) }));

const breakChecksum: Change = (chunks, random) =>
  onOne(chunks, random, (chunk) => ({ ...chunk, checksum: random.number(4) }));

const drop: Change = (chunks, random) => chunks.toSpliced(random.below(chunks.length), 1);

const repeat: Change = (chunks, random) => {
  const times = random.chance(0.05) ? 1_000 : 1;
  return chunks.toSpliced(random.below(chunks.length), 0, ...Array<Chunk>(times).fill(random.pick(chunks)));
};

const move: Change = (chunks, random) => {
  const at = random.below(chunks.length);
  return chunks.toSpliced(at, 1).toSpliced(random.below(chunks.length), 0, ...chunks.slice(at, at + 1));
};

/** Text, profiles and animation as nobody has written them; what is to be compressed is, or is not. */
const insertChunk: Change = (chunks, random) => {
  const type = random.pick(TYPES);
  const content = random.bytes(random.pick([0, 1, 4, 5, 8, 9, 26, 32, 60]));
  const named = Buffer.concat([Buffer.from('name\0\0'), random.chance(0.5) ? deflateSync(content) : content]);
  const data = /^(?:iCCP|zTXt|iTXt|tEXt|sPLT)$/.test(type) ? named : content;
  return chunks.toSpliced(random.between(1, chunks.length), 0, { type, data });
};

/** Text that takes few bytes, and megabytes once it is read. */
const insertTextBomb: Change = (chunks, random) => {
  const text = deflateSync(Buffer.alloc(random.between(1, MOST_PIXEL_BYTES), 0x41));
  const data = Buffer.concat([Buffer.from('name\0\0'), text]);
  return chunks.toSpliced(1, 0, { type: random.pick(['zTXt', 'iCCP']), data });
};

const splitPixels: Change = (chunks, random) =>
  chunks.flatMap((chunk) => {
    if (chunk.type !== 'IDAT') return [chunk];
    const at = random.below(chunk.data.length);
    return [chunk.data.subarray(0, at), chunk.data.subarray(at)].map((data) => ({ type: 'IDAT', data }));
  });

const CHANGES: readonly (readonly [number, Change])[] = [
  [4, changeHeader],
  [1, growHeader],
  [1, bomb],
  [4, changeContent],
  [5, changePixels],
  [2, changeType],
  [2, lieAboutLength],
  [1, breakChecksum],
  [1, drop],
  [2, repeat],
  [1, move],
  [3, insertChunk],
  [1, insertTextBomb],
  [1, splitPixels],
];

/** Chunks of a PNG; their checksums are made right again, so that decoders read on. */
export const mutatePng: Mutator = (file, random) => {
  const chunks = chunksOf(file);
  if (chunks.length === 0) return mutateBytes(file, random);
  const made = random.weighted(CHANGES)(chunks, random);
  return Buffer.concat([file.subarray(0, SIGNATURE_BYTES), ...made.map(written)]);
};

function chunksOf(file: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE_BYTES; at + 12 <= file.length; ) {
    const end = at + 8 + file.readUInt32BE(at);
    if (end + 4 > file.length) break;
    chunks.push({ type: file.toString('latin1', at + 4, at + 8), data: file.subarray(at + 8, end) });
    at = end + 4;
  }
  return chunks;
}

function written({ type, data, length, checksum }: Chunk): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const bytes = Buffer.alloc(body.length + 8);
  bytes.writeUInt32BE(length ?? data.length);
  body.copy(bytes, 4);
  bytes.writeUInt32BE(checksum ?? crc32(body), body.length + 4);
  return bytes;
}
