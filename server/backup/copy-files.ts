import { atOnce } from '../migration/at-once.ts';
import { Damaged } from '../migration/move-file.ts';
import type { FileKind } from '../migration/moved.ts';
import { NAMING, namedFiles } from '../migration/named-files.ts';
import { countOf } from '../migration/record-tables.ts';
import type { LeftOut, Report, Source, Target } from '../migration/sides.ts';

/** While one waits for its disk, others are read and hashed. */
const COPIED_AT_ONCE = 4;

export interface CopiedFiles {
  total: number;
  /** Of all that are there now. */
  bytes: number;
  copied: number;
  leftOut: LeftOut[];
}

/**
 * Copies all files of a kind that rows name, but those that are there; each is compared with the hash of its record, wherever it is
 * from.
 * @param known those that were found to be there, or copied, since this command began: they are not read again
 * @throws {StoreError}
 */
export async function copyFiles(
  kind: FileKind,
  source: Source,
  target: Pick<Target, 'storage'> & { remove(kind: FileKind, id: string): Promise<void> },
  known: Set<string>,
  report: Report,
): Promise<CopiedFiles> {
  const total = await countOf(source.db, NAMING[kind]);
  const files: CopiedFiles = { total, bytes: 0, copied: 0, leftOut: [] };
  let done = 0;
  let copiedBytes = 0;
  const tell = () =>
    report({ what: `${kind}s`, done, total, bytes: copiedBytes, leftOut: files.leftOut.length });

  async function* all() {
    for await (const page of namedFiles(kind, source, target)) yield* page;
  }

  tell();
  await atOnce(COPIED_AT_ONCE, all(), async (file) => {
    const { id, bytes } = file;
    try {
      if (!known.has(id) && !(await file.isThere())) {
        // A part of it may be there, of a command that was ended.
        await target.remove(kind, id);
        await file.move();
        files.copied++;
        copiedBytes += bytes;
      }
      known.add(id);
      files.bytes += bytes;
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      files.leftOut.push({ kind, id, why: error.message });
    }
    done++;
    tell();
  });
  return files;
}
