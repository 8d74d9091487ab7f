import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { errorCode } from '../../../shared/errors.ts';
import { MIGRATIONS } from '../../../shared/jobs/migrations/migrations.ts';
import { refuseNewerSchema } from '../../../shared/jobs/migrations/newer-schema.ts';
import { isFolderHeld } from '../../../shared/storage/disk/folder-lock.ts';
import { type Finding, fail, ok } from '../finding.ts';

const CHECK = 'database';
const DAMAGED = 'Stop the service, and bring the data folder back from a backup: the runbook, "Restore".';
const NEWER =
  'Start the version that has written it, or a newer one; or bring back the backup of before the upgrade.';

const Rows = z.array(z.object({ quick_check: z.string() }));
const Names = z.array(z.object({ name: z.string() }));

/**
 * Reads the database, and leaves no file beside it: where no service works on it, as one that nobody changes, for else SQLite would
 * make an index of its log that may be of another user than the service.
 */
export function sqliteFindings(path: string): Finding[] {
  if (!existsSync(path)) return [ok(CHECK, `none yet: the first start makes ${path}`)];
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  try {
    const isHeld = isFolderHeld(dirname(path));
    if (!isHeld && log > 0)
      return [
        ok(
          CHECK,
          `${path} was not closed: the next start makes its log of ${log} bytes part of it. Ask again after that`,
        ),
      ];
    using database = open(path, isHeld);
    return examine(path, database.raw);
  } catch (error) {
    return [
      fail(CHECK, `${path} cannot be read: ${errorCode(error) ?? ''} ${messageOf(error)}`, mendOf(error)),
    ];
  }
}

function open(path: string, isHeld: boolean): { raw: DatabaseSync } & Disposable {
  const address = pathToFileURL(path);
  if (!isHeld) address.search = '?immutable=1';
  const raw = new DatabaseSync(address, { readOnly: true });
  return { raw, [Symbol.dispose]: () => raw.close() };
}

function examine(path: string, raw: DatabaseSync): Finding[] {
  const faults = Rows.parse(raw.prepare('PRAGMA quick_check(3)').all()).map((row) => row.quick_check);
  if (faults.join() !== 'ok') return [fail(CHECK, `${path} is damaged: ${faults.join('; ')}`, DAMAGED)];
  const isNew =
    raw.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'kysely_migration'").get() === undefined;
  const applied = isNew ? [] : Names.parse(raw.prepare('SELECT name FROM kysely_migration').all());
  return [
    schemaFinding(
      path,
      applied.map(({ name }) => name),
    ),
  ];
}

/** @param where the database is, without what may be secret */
export function schemaFinding(where: string, applied: readonly string[]): Finding {
  try {
    refuseNewerSchema(applied);
  } catch (error) {
    return fail(CHECK, `${where}: ${messageOf(error)}`, NEWER);
  }
  const missing = Object.keys(MIGRATIONS).length - applied.length;
  return ok(
    CHECK,
    missing === 0
      ? `${where} is whole, and its tables are up to date`
      : `${where} is whole; the next start makes ${missing} changes to its tables`,
  );
}

/** Of sqlite3.h: it is malformed, or no database at all. */
const DAMAGES = new Set([11, 26]);

const mendOf = (error: unknown): string =>
  error instanceof Error && 'errcode' in error && DAMAGES.has(Number(error.errcode) & 0xff)
    ? DAMAGED
    : 'Let the user of the service read and write it, and the folder that it is in.';

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
