import { chmod, open, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { sqliteFindings } from '../../../server/doctor/checks/sqlite.ts';
import { lockFolder } from '../../../shared/storage/disk/folder-lock.ts';
import { oneMachine } from '../../helpers/one-machine.ts';
import { ownFolder } from '../../helpers/own-folder.ts';

/** Of SQLite, in bytes. */
const PAGE = 4096;

test('that is not there yet is no fault', async () => {
  const folder = await ownFolder();
  expect(sqliteFindings(join(folder, 'darkroom.db'))).toMatchObject([{ verdict: 'ok' }]);
  expect(await readdir(folder)).toEqual([]);
});

test('that nobody holds is read, and left as it was', async () => {
  const { folder } = await oneMachine(1);
  const before = await readdir(folder);
  expect(sqliteFindings(join(folder, 'darkroom.db'))).toMatchObject([
    { verdict: 'ok', told: expect.stringContaining('up to date') },
  ]);
  expect(await readdir(folder)).toEqual(before);
});

test('that a service works with is read with what is in its log alone', async () => {
  const { folder } = await oneMachine(0);
  const path = join(folder, 'darkroom.db');
  onTestFinished(lockFolder(folder));
  const service = new DatabaseSync(path);
  onTestFinished(() => service.close());
  service.exec("INSERT INTO kysely_migration VALUES ('9999-of-tomorrow', '2030-01-01')");
  expect(sqliteFindings(path)).toMatchObject([
    { verdict: 'fail', told: expect.stringContaining('9999-of-tomorrow') },
  ]);
});

test('that was killed is left to the next start', async () => {
  const { folder } = await oneMachine(0);
  const path = join(folder, 'darkroom.db');
  await writeFile(`${path}-wal`, 'some log');
  expect(sqliteFindings(path)).toMatchObject([
    { verdict: 'ok', told: expect.stringContaining('was not closed') },
  ]);
});

test('that is damaged has to come back from a backup', async () => {
  const { folder } = await oneMachine(3);
  const path = join(folder, 'darkroom.db');
  const file = await open(path, 'r+');
  await file.write(Buffer.alloc(PAGE, 0xff), 0, PAGE, 2 * PAGE);
  await file.close();
  expect(sqliteFindings(path)).toMatchObject([{ verdict: 'fail', mend: expect.stringContaining('backup') }]);
  await writeFile(
    path,
    'no database at all, but long enough to be read as the header of one: sixteen bytes would do'.repeat(9),
  );
  await chmod(path, 0o600);
  expect(sqliteFindings(path)).toMatchObject([{ verdict: 'fail', mend: expect.stringContaining('backup') }]);
});
