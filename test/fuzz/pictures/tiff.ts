import type { Random } from '../random.ts';
import { changed, type Mutator, mutateBytes, putNumberAt, replaced, within } from './bytes.ts';

/** One entry of a directory, by the place where it stands: TIFF 6.0, section 2. */
interface Entry {
  at: number;
  tag: number;
}

interface Directory {
  start: number;
  entries: Entry[];
  /** Where the offset of the next one stands. */
  link: number;
}

interface Layout {
  little: boolean;
  directories: Directory[];
}

const MOST_DIRECTORIES = 16;
const ENTRY_BYTES = 12;

/** Tags that decide how pixels are read, and those of EXIF and of other directories. */
const TAGS = [
  254, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 284, 317, 320, 322, 323, 324, 325, 330, 338,
  339, 347, 512, 513, 514, 530, 532, 33_432, 33_723, 34_377, 34_665, 34_675, 34_853, 37_500, 40_965, 700,
];
const COMPRESSIONS = [1, 2, 3, 4, 5, 6, 7, 8, 34_712, 32_773, 32_946, 34_676, 34_925, 50_000, 50_001];
const COMPRESSION = 259;
const LAST_TYPE = 18;

const changeTag = (file: Buffer, { little, directories }: Layout, random: Random): Buffer =>
  onEntry(file, directories, random, (copy, { at }) => write(copy, at, 2, random.pick(TAGS), little));

const changeType = (file: Buffer, { little, directories }: Layout, random: Random): Buffer =>
  onEntry(file, directories, random, (copy, { at }) =>
    write(copy, at + 2, 2, random.below(LAST_TYPE + 1), little),
  );

const changeCount = (file: Buffer, layout: Layout, random: Random): Buffer =>
  changeNumber(file, layout, random, 4);

const changeValue = (file: Buffer, layout: Layout, random: Random): Buffer =>
  changeNumber(file, layout, random, 8);

const changeCompression = (file: Buffer, { little, directories }: Layout, random: Random): Buffer =>
  onEntry(
    file,
    directories,
    random,
    (copy, { at }) => write(copy, at + 8, 2, random.pick(COMPRESSIONS), little),
    ({ tag }) => tag === COMPRESSION,
  );

/** To another directory, into itself or anywhere. */
function changeLink(file: Buffer, { little, directories }: Layout, random: Random): Buffer {
  const { link } = random.pick(directories);
  const target = random.weighted([
    [2, random.pick(directories).start],
    [1, random.number(4)],
    [1, random.below(file.length)],
  ]);
  return changed(file, (copy) => write(copy, link, 4, target, little));
}

/** The value of an entry leads to a directory, as that of EXIF or of sub-pictures does. */
const nest = (file: Buffer, { little, directories }: Layout, random: Random): Buffer =>
  onEntry(file, directories, random, (copy, { at }) => {
    write(copy, at, 2, random.pick([330, 34_665, 34_853, 40_965]), little);
    write(copy, at + 2, 2, 4, little);
    write(copy, at + 8, 4, random.pick(directories).start, little);
  });

function swapEntries(file: Buffer, { directories }: Layout, random: Random): Buffer {
  const { entries } = random.pick(directories);
  if (entries.length === 0) return file;
  const [one, other] = [random.pick(entries).at, random.pick(entries).at];
  return changed(file, (copy) => {
    file.copy(copy, one, other, other + ENTRY_BYTES);
    file.copy(copy, other, one, one + ENTRY_BYTES);
  });
}

const changeEntries = (file: Buffer, { little, directories }: Layout, random: Random): Buffer =>
  putNumberAt(file, random.pick(directories).start, 2, random, little);

const changeOrder = (file: Buffer, _layout: Layout, random: Random): Buffer =>
  replaced(file, 0, 4, Buffer.from(random.pick(['II*\0', 'MM\0*', 'II+\0', 'MM\0+']), 'latin1'));

const MUTATORS = [
  [2, changeTag],
  [2, changeType],
  [4, changeCount],
  [6, changeValue],
  [2, changeCompression],
  [2, changeLink],
  [1, nest],
  [1, swapEntries],
  [1, changeEntries],
  [1, changeOrder],
  [3, (file: Buffer, _: Layout, random: Random) => mutateBytes(file, random)],
] as const;

/** Directories, entries and offsets of a TIFF, or of the TIFF that EXIF is. */
export const mutateTiff: Mutator = (file, random) => {
  const layout = layoutOf(file);
  if (!layout || layout.directories.length === 0) return mutateBytes(file, random);
  return random.weighted(MUTATORS)(file, layout, random);
};

/** The EXIF that stands between these places. */
export const mutateExif = (file: Buffer, start: number, end: number, random: Random): Buffer =>
  within(file, start, end, random, mutateTiff);

function layoutOf(file: Buffer): Layout | null {
  if (file.length < 8) return null;
  const little = file[0] === 0x49;
  const directories: Directory[] = [];
  for (
    let start = read(file, 4, 4, little);
    start > 0 && start + 6 <= file.length && directories.length < MOST_DIRECTORIES;
  ) {
    const count = Math.min(read(file, start, 2, little), Math.floor((file.length - start - 6) / ENTRY_BYTES));
    const entries = Array.from({ length: Math.max(0, count) }, (_, index) => {
      const at = start + 2 + index * ENTRY_BYTES;
      return { at, tag: read(file, at, 2, little) };
    });
    const link = start + 2 + entries.length * ENTRY_BYTES;
    if (directories.some((known) => known.start === start)) break;
    directories.push({ start, entries, link });
    start = read(file, link, 4, little);
  }
  return { little, directories };
}

function onEntry(
  file: Buffer,
  directories: readonly Directory[],
  random: Random,
  change: (copy: Buffer, entry: Entry) => void,
  fits: (entry: Entry) => boolean = () => true,
): Buffer {
  const entries = directories.flatMap((directory) => directory.entries).filter(fits);
  return entries.length === 0 ? file : changed(file, (copy) => change(copy, random.pick(entries)));
}

const changeNumber = (
  file: Buffer,
  { little, directories }: Layout,
  random: Random,
  offset: number,
): Buffer => {
  const entries = directories.flatMap((directory) => directory.entries);
  if (entries.length === 0) return file;
  // A SHORT stands in the first two bytes of its field.
  return putNumberAt(file, random.pick(entries).at + offset, random.pick([2, 4]), random, little);
};

const read = (file: Buffer, at: number, bytes: number, little: boolean): number =>
  little ? file.readUIntLE(at, bytes) : file.readUIntBE(at, bytes);

function write(file: Buffer, at: number, bytes: number, value: number, little: boolean): void {
  if (at + bytes > file.length) return;
  if (little) file.writeUIntLE(value, at, bytes);
  else file.writeUIntBE(value, at, bytes);
}
