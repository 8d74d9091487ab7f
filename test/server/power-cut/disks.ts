import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Sha256 } from '../../../shared/domain/ids.ts';
import { sha256Of } from '../../helpers/job-records.ts';
import type { Entry } from './journal.ts';

/** What becomes of an entry of the journal that no sync has brought to the disk. */
type Fate = 'kept' | 'lost' | 'zeroed' | 'halved';

/** Half of what is not safe is there, whole. */
const FATES: readonly Fate[] = ['kept', 'kept', 'kept', 'lost', 'zeroed', 'halved'];

interface Content {
  /** Which writes it has seen, and their fates. */
  history: string;
  bytes: Buffer;
}

const EMPTY: Content = { history: '', bytes: Buffer.alloc(0) };

/** What a disk holds when the power is back. */
export interface Disk {
  folders: string[];
  files: ReadonlyMap<string, Buffer>;
  /** Of the calls of the store, the first so many are in the database. */
  calls: number;
}

/**
 * The disks that a power cut may leave of a journal. What POSIX promises of files: bytes are there after a sync of
 * their file, names after a sync of their folder; before, each may be there or not, whatever came later, and what was
 * written may be there in part, or as zeros. What SQLite promises of commits: they come to the disk in their order, at the
 * latest with the answer to a durable one.
 */
export class PowerCut {
  readonly #entries: readonly Entry[];
  /** For each entry the number of the sync that has brought it to the disk. */
  readonly #safeSince: readonly number[];
  /** By its writes and their fates, what a file holds: many disks have the same. */
  readonly #contents = new Map<string, Buffer>();

  constructor(entries: readonly Entry[]) {
    this.#entries = entries;
    this.#safeSince = entries.map((entry, index) => {
      const keeper = keeperOf(entry);
      const since = entries.findIndex(
        (sync) => sync.kind === 'sync' && sync.of === keeper && index < sync.until,
      );
      return since < 0 ? Number.POSITIVE_INFINITY : since;
    });
  }

  /** All that was done, only what was safe, either of both for files and commits, and as many that lie between. */
  disksAfter(length: number, random: () => number, between: number): { what: string; disk: Disk }[] {
    const { least, most } = this.#callsAfter(length);
    const all = (): Fate => 'kept';
    const safe = (): Fate => 'lost';
    const any = (): Fate => FATES[Math.floor(random() * FATES.length)] ?? 'lost';
    const calls = () => least + Math.floor(random() * (most - least + 1));
    return [
      { what: 'all of it', disk: this.#diskAfter(length, all, most) },
      { what: 'only what is safe', disk: this.safeAfter(length) },
      { what: 'all files, the safe commits', disk: this.#diskAfter(length, all, least) },
      { what: 'the safe files, all commits', disk: this.#diskAfter(length, safe, most) },
      ...Array.from({ length: between }, () => ({
        what: 'some of it',
        disk: this.#diskAfter(length, any, calls()),
      })),
    ];
  }

  /** Only what is safe, after so many entries. */
  safeAfter(length: number): Disk {
    return this.#diskAfter(length, () => 'lost', this.#callsAfter(length).least);
  }

  /** The fewest and the most calls of the store that are in the database when the power goes after so many entries. */
  #callsAfter(length: number): { least: number; most: number } {
    let least = 0;
    let most = 0;
    for (const entry of this.#entries.slice(0, length)) {
      if (entry.kind === 'call') most++;
      if (entry.kind === 'answer' && entry.durable) least = Math.max(least, entry.calls);
    }
    return { least, most };
  }

  /** @param fate decides of each entry that is not safe */
  #diskAfter(length: number, fate: () => Fate, calls: number): Disk {
    const names = new Map<string, number | 'folder'>();
    const contents = new Map<number, Content>();
    this.#entries.slice(0, length).forEach((entry, index) => {
      const is = (this.#safeSince[index] ?? 0) < length ? 'kept' : fate();
      if (entry.kind === 'write') {
        if (is === 'lost') return;
        const before = contents.get(entry.file) ?? EMPTY;
        const history = `${before.history} ${index} ${is}`;
        const bytes = this.#contents.get(history) ?? written(before.bytes, entry.at, entry.bytes, is);
        this.#contents.set(history, bytes);
        contents.set(entry.file, { history, bytes });
      } else if (is === 'kept') {
        if (entry.kind === 'name') names.set(entry.path, entry.what);
        if (entry.kind === 'unname') names.delete(entry.path);
      }
    });
    const isThere = (path: string): boolean =>
      path === '.' || (names.get(path) === 'folder' && isThere(dirname(path)));
    const there = [...names].filter(([path]) => isThere(dirname(path)));
    return {
      folders: there.flatMap(([path, what]) => (what === 'folder' ? [path] : [])),
      files: new Map(
        there.flatMap(([path, what]) =>
          what === 'folder' ? [] : [[path, (contents.get(what) ?? EMPTY).bytes] as const],
        ),
      ),
      calls,
    };
  }
}

/** What has to be synced for an entry to be safe: a file for its bytes, a folder for its names. */
function keeperOf(entry: Entry): number | string | null {
  if (entry.kind === 'write') return entry.file;
  return entry.kind === 'name' || entry.kind === 'unname' ? dirname(entry.path) : null;
}

function written(before: Buffer, at: number, bytes: Buffer, fate: Fate): Buffer {
  const part = fate === 'halved' ? bytes.subarray(0, bytes.length / 2) : bytes;
  const after = Buffer.alloc(Math.max(before.length, at + part.length));
  before.copy(after);
  after.set(fate === 'zeroed' ? Buffer.alloc(part.length) : part, at);
  return after;
}

/** Puts the files of a disk into an empty folder. */
export function putBack({ folders, files }: Disk, root: string): void {
  for (const path of folders) mkdirSync(join(root, path), { recursive: true });
  for (const [path, bytes] of files) writeFileSync(join(root, path), bytes);
}

/** The same for disks that hold the same. */
export function digestOf({ folders, files, calls }: Disk): string {
  const held = [...files].map(([path, bytes]) => [path, digestOfBytes(bytes)]);
  return sha256Of(JSON.stringify([folders, held, calls]));
}

const digests = new WeakMap<Buffer, Sha256>();

/** Once for each buffer, which must not change: the large ones are looked at again and again. */
export function digestOfBytes(bytes: Buffer): Sha256 {
  const digest = digests.get(bytes) ?? sha256Of(bytes);
  digests.set(bytes, digest);
  return digest;
}
