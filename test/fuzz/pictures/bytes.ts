import type { Random } from '../random.ts';

/** Makes another file of one. It never changes the one that it is given. */
export type Mutator = (file: Buffer, random: Random) => Buffer;

/** The most that a mutant grows by: doubling again and again would make a slow case and no other. */
const MOST_BYTES = 8 * 1024 * 1024;

export const changed = (file: Buffer, change: (copy: Buffer) => void): Buffer => {
  const copy = Buffer.from(file);
  change(copy);
  return copy;
};

export const replaced = (file: Buffer, start: number, end: number, by: Uint8Array): Buffer =>
  file.length - (end - start) + by.length > MOST_BYTES
    ? file
    : Buffer.concat([file.subarray(0, start), by, file.subarray(end)]);

/** A part of the file: mostly a short one. */
function part(file: Buffer, random: Random): [start: number, end: number] {
  const start = random.below(file.length);
  const length = random.chance(0.7) ? random.between(1, 16) : random.between(1, file.length);
  return [start, Math.min(file.length, start + length)];
}

/** Writes a number of 1, 2 or 4 bytes in either order over what is there. */
export const putNumber: Mutator = (file, random) =>
  changed(file, (copy) => {
    const bytes = random.pick([1, 2, 4]);
    const at = random.below(copy.length - bytes + 1);
    if (at + bytes > copy.length) return;
    if (random.chance(0.5)) copy.writeUIntBE(random.number(bytes, copy.readUIntBE(at, bytes)), at, bytes);
    else copy.writeUIntLE(random.number(bytes, copy.readUIntLE(at, bytes)), at, bytes);
  });

/** Writes a number of so many bytes at a place that a format has for one. */
export const putNumberAt = (
  file: Buffer,
  at: number,
  bytes: number,
  random: Random,
  little = false,
): Buffer =>
  changed(file, (copy) => {
    if (at < 0 || at + bytes > copy.length) return;
    if (little) copy.writeUIntLE(random.number(bytes, copy.readUIntLE(at, bytes)), at, bytes);
    else copy.writeUIntBE(random.number(bytes, copy.readUIntBE(at, bytes)), at, bytes);
  });

export const flipBits: Mutator = (file, random) =>
  changed(file, (copy) => {
    for (let flips = random.between(1, 8); flips > 0 && copy.length > 0; flips--) {
      const at = random.below(copy.length);
      copy.writeUInt8(copy.readUInt8(at) ^ (1 << random.below(8)), at);
    }
  });

const fill: Mutator = (file, random) => {
  const [start, end] = part(file, random);
  return changed(file, (copy) => copy.fill(random.pick([0, 0xff, random.below(256)]), start, end));
};

const truncate: Mutator = (file, random) => file.subarray(0, random.below(file.length + 1));

const remove: Mutator = (file, random) => {
  const [start, end] = part(file, random);
  return replaced(file, start, end, Buffer.alloc(0));
};

const duplicate: Mutator = (file, random) => {
  const [start, end] = part(file, random);
  return replaced(file, end, end, file.subarray(start, end));
};

const insert: Mutator = (file, random) => {
  const at = random.below(file.length + 1);
  return replaced(file, at, at, random.bytes(random.between(1, 64)));
};

/** Copies one part over another, so that lengths and offsets meet real structures. */
const splice: Mutator = (file, random) => {
  const [start, end] = part(file, random);
  return changed(file, (copy) => copy.copyWithin(random.below(file.length), start, end));
};

const trail: Mutator = (file, random) =>
  replaced(file, file.length, file.length, random.bytes(random.below(200)));

const MUTATORS: readonly (readonly [number, Mutator])[] = [
  [6, putNumber],
  [6, flipBits],
  [2, fill],
  [2, truncate],
  [2, remove],
  [2, duplicate],
  [2, insert],
  [2, splice],
  [1, trail],
];

/** What can be done to any file. */
export const mutateBytes: Mutator = (file, random) => random.weighted(MUTATORS)(file, random);

/** Applies a mutator to a part of the file alone. */
export const within = (
  file: Buffer,
  start: number,
  end: number,
  random: Random,
  mutate: Mutator = mutateBytes,
): Buffer => replaced(file, start, end, mutate(file.subarray(start, end), random));
