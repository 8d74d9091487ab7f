import type { z } from 'zod';
import { ImageRow, SetRow } from '../../shared/jobs/schema/tables.ts';
import { Damaged, hasOriginal, hasSet, moveOriginal, moveSet } from './move-file.ts';
import type { FileKind } from './moved.ts';
import { pagesOf, type RecordTable, type Row } from './record-tables.ts';
import type { Source, Target } from './sides.ts';

/** What a row names: an original, or the files of a set. */
export interface NamedFile {
  id: string;
  bytes: number;
  /** Whether the target has it, every byte of it. */
  isThere(): Promise<boolean>;
  /**
   * May be called again.
   * @throws {Damaged}
   * @throws {StoreError}
   */
  move(): Promise<void>;
}

const Original = ImageRow.pick({ id: true, sha256: true, bytes: true });
const PublishedFiles = SetRow.pick({ run_id: true, manifest: true });

/** The tables whose rows name files, as far as they do. */
export const NAMING: Record<FileKind, RecordTable> = {
  original: { name: 'images', key: ['id'], row: Original, without: 'original_removed_at' },
  set: { name: 'sets', key: ['run_id'], row: PublishedFiles },
};

/** All that rows of the source name, in pages. */
export async function* namedFiles(
  kind: FileKind,
  source: Source,
  target: Pick<Target, 'storage'>,
): AsyncGenerator<NamedFile[]> {
  const toFile = kind === 'original' ? originalOf : setOf;
  for await (const page of pagesOf(source.db, NAMING[kind]))
    yield page.map((row) => toFile(row, source, target));
}

function originalOf(row: Row, source: Source, target: Pick<Target, 'storage'>): NamedFile {
  const parsed = Original.safeParse(row);
  if (!parsed.success) return unreadable(row.id, parsed.error);
  const { id, bytes } = parsed.data;
  return {
    id,
    bytes,
    isThere: () => hasOriginal(target.storage, parsed.data),
    move: () => moveOriginal(source, target.storage, parsed.data),
  };
}

function setOf(row: Row, source: Source, target: Pick<Target, 'storage'>): NamedFile {
  const parsed = PublishedFiles.safeParse(row);
  if (!parsed.success) return unreadable(row.run_id, parsed.error);
  const { run_id: id, manifest } = parsed.data;
  const bytes = manifest.variants.reduce((sum, variant) => sum + variant.bytes, 0);
  const set = { runId: id, manifest };
  return {
    id,
    bytes,
    isThere: () => hasSet(target.storage, set),
    move: () => moveSet(source, target.storage, set),
  };
}

function unreadable(id: unknown, { issues }: z.ZodError): NamedFile {
  const why = issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join(', ');
  return {
    id: String(id),
    bytes: 0,
    isThere: async () => false,
    move: () => Promise.reject(new Damaged(`has a record that cannot be read: ${why}`)),
  };
}
