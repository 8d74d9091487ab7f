import { atOnce } from './at-once.ts';
import { Damaged } from './move-file.ts';
import type { FileKind, Moved } from './moved.ts';
import { NAMING, type NamedFile, namedFiles } from './named-files.ts';
import { patiently } from './patience.ts';
import { countOf } from './record-tables.ts';
import type { LeftOut, Report, Source, Target } from './sides.ts';

/** While one waits for the bucket, others are read and hashed. */
const MOVED_AT_ONCE = 8;

export interface MovedFiles {
  total: number;
  moved: number;
  /** Of those. */
  bytes: number;
  /** Moved by an earlier call. */
  already: number;
  leftOut: LeftOut[];
}

/**
 * Brings all files of a kind that rows of the source name to the target, but those that are there already.
 * @throws {StoreError} when a store has not answered for the time of the patience; what was moved by then is remembered
 */
export async function moveFiles(
  kind: FileKind,
  source: Source,
  target: Target,
  moved: Moved,
  report: Report,
  patienceMs: number,
): Promise<MovedFiles> {
  const total = await countOf(source.db, NAMING[kind]);
  const files: MovedFiles = { total, moved: 0, bytes: 0, already: 0, leftOut: [] };
  const tell = () =>
    report({
      what: `${kind}s`,
      done: files.moved + files.already + files.leftOut.length,
      total,
      bytes: files.bytes,
      leftOut: files.leftOut.length,
    });

  async function* missing(): AsyncGenerator<NamedFile> {
    for await (const page of namedFiles(kind, source, target)) {
      const ids = page.map(({ id }) => id);
      const done = await patiently(() => moved.among(kind, ids), patienceMs);
      files.already += done.size;
      tell();
      yield* page.filter(({ id }) => !done.has(id));
    }
  }

  async function move({ id, bytes, move }: NamedFile): Promise<void> {
    try {
      await patiently(move, patienceMs);
      await patiently(() => moved.add(kind, id), patienceMs);
      files.moved++;
      files.bytes += bytes;
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      files.leftOut.push({ kind, id, why: error.message });
    }
    tell();
  }

  tell();
  await atOnce(MOVED_AT_ONCE, missing(), move);
  return files;
}
