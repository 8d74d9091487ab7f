import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Call, commitGroup } from '../../../../shared/jobs/sqlite/commit-group.ts';
import { type OpenDatabase, openDatabase } from '../../../../shared/jobs/sqlite/open.ts';
import { ownFolder } from '../../../helpers/own-folder.ts';

/** Values of PRAGMA synchronous. */
const NORMAL = 1;
const FULL = 2;

async function opened() {
  const database = await openDatabase(join(await ownFolder(), 'jobs.db'));
  onTestFinished(() => database.raw.close());
  return database;
}

/** Like the database thread: each answer is kept, in the order of the answers. */
function recorder() {
  const answers: string[] = [];
  const call = (name: string, kind: Call['kind'], run: Call['run']): Call => ({
    kind,
    run,
    resolve: () => answers.push(`${name} resolved`),
    reject: (error) => answers.push(`${name} rejected: ${error instanceof Error ? error.message : error}`),
  });
  return { answers, call };
}

const remember =
  (id: string): Call['run'] =>
  ({ db }) =>
    db.insertInto('deleted_images').values({ id, tenant: 'default', deleted_at: 1 }).execute();

const remembered = ({ raw }: OpenDatabase) =>
  raw
    .prepare('SELECT id FROM deleted_images ORDER BY id')
    .all()
    .map(({ id }) => id);

const synchronous = ({ raw }: OpenDatabase) => raw.prepare('PRAGMA synchronous').get()?.synchronous;

describe('commitGroup', () => {
  test('commits all that wait as one transaction and answers nobody before', async () => {
    const database = await opened();
    const { answers, call } = recorder();
    const exec = database.raw.exec.bind(database.raw);
    vi.spyOn(database.raw, 'exec').mockImplementation((sql) => {
      exec(sql);
      if (/BEGIN|COMMIT/.test(sql)) answers.push(sql);
    });
    await commitGroup(database, [
      call('a', 'durable', remember('a')),
      call('b', 'relaxed', remember('b')),
      call('c', 'durable', remember('c')),
    ]);
    expect(answers).toEqual(['BEGIN IMMEDIATE', 'COMMIT', 'a resolved', 'b resolved', 'c resolved']);
    expect(remembered(database)).toEqual(['a', 'b', 'c']);
  });

  test('a commit that fails fails every write and keeps none of them', async () => {
    const database = await opened();
    const { answers, call } = recorder();
    const exec = database.raw.exec.bind(database.raw);
    const spy = vi.spyOn(database.raw, 'exec').mockImplementation((sql) => {
      if (sql === 'COMMIT') throw new Error('the disk is gone');
      exec(sql);
    });
    await commitGroup(database, [
      call('a', 'durable', remember('a')),
      call('b', 'durable', remember('b')),
      call('look', 'read', async () => {}),
    ]);
    expect(answers).toEqual([
      'look resolved',
      'a rejected: the disk is gone',
      'b rejected: the disk is gone',
    ]);
    expect(remembered(database)).toEqual([]);

    spy.mockRestore();
    await commitGroup(database, [call('later', 'durable', remember('a'))]);
    expect(remembered(database)).toEqual(['a']);
  });

  test('a write that fails half way is undone, and takes no other with it', async () => {
    const database = await opened();
    const { answers, call } = recorder();
    const half: Call['run'] = async (open) => {
      await remember('half')(open);
      await remember('a')(open);
    };
    await commitGroup(database, [
      call('a', 'durable', remember('a')),
      call('half', 'durable', half),
      call('b', 'durable', remember('b')),
    ]);
    expect(answers).toEqual([
      'a resolved',
      expect.stringMatching(/^half rejected: UNIQUE constraint failed/),
      'b resolved',
    ]);
    expect(remembered(database)).toEqual(['a', 'b']);
  });

  test('a full disk is told as a full disk, and what is answered as kept is kept', async () => {
    const database = await opened();
    const { raw } = database;
    raw.exec(`PRAGMA max_page_count = ${Number(raw.prepare('PRAGMA page_count').get()?.page_count) + 1}`);
    const errors: unknown[] = [];
    const large: Call = {
      kind: 'durable',
      run: remember('x'.repeat(1_000_000)),
      resolve: () => {},
      reject: (error) => errors.push(error),
    };
    const { answers, call } = recorder();
    await commitGroup(database, [call('small', 'durable', remember('small')), large]);
    expect(remembered(database)).toEqual(answers[0] === 'small resolved' ? ['small'] : []);
    // SQLITE_FULL of sqlite3.h, whose rollback by itself has taken the savepoint along.
    expect(errors).toMatchObject([{ errcode: 13 }]);
  });

  test.each([
    [['durable'], FULL],
    [['relaxed'], NORMAL],
    [['relaxed', 'durable'], FULL],
  ] as const)('a group of %j commits with synchronous = %i', async (kinds, expected) => {
    const database = await opened();
    const seen: unknown[] = [];
    // After a group of the other sort, so that the setting must be made anew.
    const other = expected === FULL ? 'relaxed' : 'durable';
    const { call } = recorder();
    await commitGroup(database, [call('before', other, remember('before'))]);
    const look: Call['run'] = async (open) => seen.push(synchronous(open));
    await commitGroup(
      database,
      kinds.map((kind) => call(kind, kind, look)),
    );
    expect(seen).toEqual(kinds.map(() => expected));
  });

  test('reads need no transaction, and one that fails is the only one to fail', async () => {
    const database = await opened();
    const { answers, call } = recorder();
    await commitGroup(database, [
      call('bad', 'read', async () => {
        throw new Error('no such thing');
      }),
      call('good', 'read', async ({ raw }) => expect(raw.isTransaction).toBe(false)),
      call('write', 'durable', async ({ raw }) => expect(raw.isTransaction).toBe(true)),
    ]);
    expect(answers).toEqual(['bad rejected: no such thing', 'good resolved', 'write resolved']);
  });
});
