import { relative } from 'node:path';
import { CALLS, type CallName } from '../../../shared/jobs/calls.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import type { Change, Watcher } from '../../helpers/file-changes.ts';

/** What happened to a disk. A file is its number, whatever its names; a folder is its path below the root, which is `.`. */
export type Entry =
  | { kind: 'name'; path: string; what: number | 'folder' }
  | { kind: 'unname'; path: string }
  | { kind: 'write'; file: number; at: number; bytes: Buffer }
  /** All before the entry number `until` that happened to this file, or to the names in this folder, is on the disk. */
  | { kind: 'sync'; of: number | string; until: number }
  | { kind: 'call'; name: CallName; args: unknown[] }
  /** A call of the store is answered: this one, of those before it `calls - 1`. */
  | { kind: 'answer'; calls: number; durable: boolean };

/** Writes down, in their order, the changes of files below a folder and the calls of a store that write. */
export class Journal implements Watcher {
  readonly entries: Entry[] = [];
  readonly #root: string;
  readonly #names = new Map<string, number | 'folder'>();
  readonly #begun = new Map<Change, number>();
  #files = 0;
  #calls = 0;

  constructor(root: string) {
    this.#root = root;
    this.#names.set('.', 'folder');
  }

  get length(): number {
    return this.entries.length;
  }

  begins(change: Change): void {
    this.#begun.set(change, this.length);
  }

  made(change: Change): void {
    const begun = this.#begun.get(change) ?? this.length;
    this.#begun.delete(change);
    const path = this.#below(change.path);
    switch (change.kind) {
      case 'create':
        return this.#name(path, ++this.#files);
      case 'mkdir':
        // Of several that make it at once, one does.
        return this.#names.has(path) ? undefined : this.#name(path, 'folder');
      case 'link':
        return this.#name(this.#below(change.to), this.#at(path));
      case 'rename':
        // Its two halves lie in two folders, which come to the disk each in its own time.
        this.#name(this.#below(change.to), this.#at(path));
        return this.#unname(path);
      case 'unlink':
      case 'rmdir':
        return this.#unname(path);
      case 'write': {
        const file = this.#at(path);
        if (file === 'folder') throw new Error(`${path} is a folder`);
        this.entries.push({ kind: 'write', file, at: change.at, bytes: change.bytes });
        return;
      }
      case 'sync': {
        const what = this.#at(path);
        this.entries.push({ kind: 'sync', of: what === 'folder' ? path : what, until: begun });
      }
    }
  }

  /** The store, whose writing calls are written down when they are asked and when they are answered. */
  storeOf(store: JobStore): JobStore {
    const writes = Object.entries(CALLS).filter(([, { kind }]) => kind !== 'read');
    const recorded = writes.map(([name, { kind }]) => {
      const call: (...args: unknown[]) => Promise<unknown> = Reflect.get(store, name);
      const record = async (...args: unknown[]) => {
        this.entries.push({ kind: 'call', name: name as CallName, args });
        const calls = ++this.#calls;
        const value = await call(...args);
        this.entries.push({ kind: 'answer', calls, durable: kind === 'durable' });
        return value;
      };
      return [name, record];
    });
    return Object.assign(Object.create(store), Object.fromEntries(recorded));
  }

  #below(path: string): string {
    return relative(this.#root, path) || '.';
  }

  #name(path: string, what: number | 'folder'): void {
    this.#names.set(path, what);
    this.entries.push({ kind: 'name', path, what });
  }

  #unname(path: string): void {
    this.#names.delete(path);
    this.entries.push({ kind: 'unname', path });
  }

  #at(path: string): number | 'folder' {
    const found = this.#names.get(path);
    if (found === undefined) throw new Error(`${path} has no such name any more`);
    return found;
  }
}
