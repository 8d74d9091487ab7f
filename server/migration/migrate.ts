import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import { asked } from './asked.ts';
import { type MovedFiles, moveFiles } from './move-files.ts';
import { moveRows, UnreadableRows } from './move-rows.ts';
import { Moved } from './moved.ts';
import { PATIENCE_MS, patiently } from './patience.ts';
import { refuseForeign, refuseNodes } from './refuse-others.ts';
import type { LeftOut, Report, Source, Target } from './sides.ts';

export interface Migration {
  originals: MovedFiles;
  sets: MovedFiles;
  /** As many in both; null: some cannot be read, and none were moved. */
  rows: number | null;
  /** Of the rows that cannot be read. */
  unreadable: readonly LeftOut[];
  /** Files that were moved, and that somebody has removed before the end. The next call brings them again. */
  lost: number;
}

/** Whether nothing has to be looked at, and nothing is left to be moved. */
export const isWhole = ({ originals, sets, rows, lost }: Migration): boolean =>
  originals.leftOut.length + sets.leftOut.length + lost === 0 && rows !== null;

/**
 * Moves all that one machine has to what nodes share: first the files, and when they are there the rows that name them. The
 * source stays as it is. It may be ended at any time, and called again.
 * @throws {MigrationRefused} when the target is somebody else's, or at work
 * @throws {StoreError} when the target has not answered for the time of the patience
 */
export async function migrate(
  source: Source,
  target: Target,
  report: Report,
  patienceMs = PATIENCE_MS,
): Promise<Migration> {
  const { db } = target.sessions;
  const refuse = () => asked('look at the target', () => refuseNodes(db));
  await refuse();
  await asked('look at the target', () => refuseForeign(source.db, db));
  const moved = await Moved.open(target.sessions);
  await forgetLost(moved, target.storage, patienceMs);
  const originals = await moveFiles('original', source, target, moved, report, patienceMs);
  const sets = await moveFiles('set', source, target, moved, report, patienceMs);
  // Those that were started meanwhile may have swept.
  await refuse();
  const records = await allRows(source, target, report);
  // From now on rows name the files, and nobody sweeps them.
  const lost = await forgetLost(moved, target.storage, patienceMs);
  const migration = { originals, sets, ...records, lost };
  if (isWhole(migration)) await moved.forgetAll();
  return migration;
}

async function allRows(
  source: Source,
  target: Target,
  report: Report,
): Promise<Pick<Migration, 'rows' | 'unreadable'>> {
  try {
    const rows = await asked('move the rows', () =>
      target.sessions.transaction((_, db) => moveRows(source.db, db, report)),
    );
    return { rows, unreadable: [] };
  } catch (error) {
    if (error instanceof UnreadableRows) return { rows: null, unreadable: error.rows };
    throw error;
  }
}

async function forgetLost(moved: Moved, storage: ImageStorage, patienceMs: number): Promise<number> {
  const originals = await patiently(() => moved.keepOnly('original', storage.originals(0)), patienceMs);
  const sets = await patiently(() => moved.keepOnly('set', storage.published(0)), patienceMs);
  return originals + sets;
}
