import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isWhole, migrate } from '../../../server/migration/migrate.ts';
import { countOf, RECORD_TABLES } from '../../../server/migration/record-tables.ts';
import type { Report, Step, Target } from '../../../server/migration/sides.ts';
import { JobId } from '../../../shared/domain/ids.ts';
import { StoreError } from '../../../shared/errors.ts';
import { acceptUpload } from '../../../shared/jobs/accept.ts';
import { finishRun, startRun } from '../../../shared/jobs/runs.ts';
import type { Tables } from '../../../shared/jobs/schema/tables.ts';
import { openDatabase } from '../../../shared/jobs/sqlite/open.ts';
import { connect } from '../../../shared/postgres/connect.ts';
import { Sessions } from '../../../shared/postgres/sessions.ts';
import { DiskStorage } from '../../../shared/storage/disk/disk-storage.ts';
import type { ImageStorage } from '../../../shared/storage/image-storage.ts';
import { allOf } from '../../helpers/all-of.ts';
import { newStart, newUpload, rejected } from '../../helpers/job-records.ts';
import { type OneMachine, oneMachine } from '../../helpers/one-machine.ts';
import { ownFolder } from '../../helpers/own-folder.ts';
import { copyOf } from '../../helpers/postgres-server.ts';
import { sharedServer } from '../../helpers/shared-servers.ts';

const PHOTOS = 3;
const UNHEARD: Report = () => {};

/** A store that does not answer is not waited for, as none of these comes back. */
const NO_PATIENCE = 0;

/** The bucket is a folder: what it is to others the tests of storages say. */
async function sides(machine: OneMachine) {
  const { db } = await openDatabase(join(machine.folder, 'darkroom.db'));
  onTestFinished(() => db.destroy());
  const stagingPath = join(machine.folder, 'spool', 'migration');
  await mkdir(stagingPath);
  const source = { db, storage: await DiskStorage.open(machine.folder), stagingPath };
  const url = await copyOf(await sharedServer('migrated'));
  const sessions = new Sessions<Tables>(connect(url, 2));
  onTestFinished(() => sessions.db.destroy());
  const storage = await DiskStorage.open(await ownFolder());
  return { source, target: { sessions, storage } };
}

/** @param bucket what it does in its own way */
const withBucket = (target: Target, bucket: Partial<ImageStorage>): Target => {
  const own = Object.entries(bucket);
  const storage = new Proxy(target.storage, {
    get(real, name) {
      const [, given] = own.find(([key]) => key === name) ?? [];
      const value = given ?? Reflect.get(real, name);
      return typeof value === 'function' ? value.bind(real) : value;
    },
  });
  return { ...target, storage };
};

const rowsOf = async (db: Kysely<Tables>) => {
  const rows: Record<string, unknown[]> = {};
  for (const { name, key } of RECORD_TABLES) {
    const order = sql.join(key.map((column) => sql.ref(column)));
    const found = await sql<{ change?: number }>`select * from ${sql.table(name)} order by ${order}`.execute(
      db,
    );
    // The numbers of changes are given anew.
    rows[name] = found.rows.map(({ change, ...row }) => row);
  }
  return rows;
};

const isRemembered = async ({ db }: Sessions<Tables>) => {
  const { rows } = await sql`select from pg_tables where tablename = 'moved'`.execute(db);
  return rows.length > 0;
};

describe('a move', () => {
  test('brings each row as it is, and forgets how it went', async () => {
    const machine = await oneMachine(PHOTOS);
    const { source, target } = await sides(machine);
    const steps: Step[] = [];
    const moved = await migrate(source, target, (step) => steps.push(step));
    expect(isWhole(moved)).toBe(true);
    expect(await rowsOf(target.sessions.db)).toEqual(await rowsOf(source.db));
    expect(await isRemembered(target.sessions)).toBe(false);
    expect(steps.filter(({ done, total }) => done === total)).toMatchObject([
      { what: 'originals', total: PHOTOS + 1, leftOut: 0 },
      { what: 'sets', total: PHOTOS, leftOut: 0 },
      { what: 'rows', total: moved.rows },
    ]);
  });

  test('leaves out what is damaged and says so; mended, it comes with the next call', async () => {
    const machine = await oneMachine(PHOTOS);
    const { source, target } = await sides(machine);
    const [changed, missing, bare] = machine.photos.map(machine.pathOf);
    if (!changed || !missing || !bare) throw new Error('there are three');
    await writeFile(changed.original, 'other bytes');
    await rm(missing.original);
    await rm(bare.thumb);
    const first = await migrate(source, target, UNHEARD);
    expect(isWhole(first)).toBe(false);
    expect(first).toMatchObject({ originals: { moved: 2 }, sets: { moved: 2 } });
    expect(first.originals.leftOut).toHaveLength(2);
    expect(first.originals.leftOut).toEqual(
      expect.arrayContaining([
        { kind: 'original', id: machine.photos[0]?.id, why: 'has other bytes than its record says' },
        { kind: 'original', id: machine.photos[1]?.id, why: 'is missing' },
      ]),
    );
    expect(first.sets.leftOut).toEqual([
      { kind: 'set', id: machine.photos[2]?.run, why: 'thumb.jpg is missing' },
    ]);
    expect(await rowsOf(target.sessions.db)).toEqual(await rowsOf(source.db));
    expect((await allOf(target.storage.originals(0))).length).toBe(2);

    await writeFile(changed.original, 'photo 0');
    await writeFile(missing.original, 'photo 1');
    await writeFile(bare.thumb, 'thumb');
    const second = await migrate(source, target, UNHEARD);
    expect(isWhole(second)).toBe(true);
    expect(second).toMatchObject({ originals: { moved: 2, already: 2 }, sets: { moved: 1, already: 2 } });
    expect(await isRemembered(target.sessions)).toBe(false);
  });

  test('of a set that has lost a file the others are moved', async () => {
    const machine = await oneMachine(1);
    const { source, target } = await sides(machine);
    const [photo] = machine.photos;
    if (!photo) throw new Error('there is one');
    const lacking = sql`json_insert(manifest, '$.variants[#]', json(${JSON.stringify({
      name: 'large',
      format: 'webp',
      width: 1,
      height: 1,
      bytes: 1,
      sha256: 'a'.repeat(64),
    })}))`;
    await sql`update sets set manifest = ${lacking}`.execute(source.db);
    const moved = await migrate(source, target, UNHEARD);
    expect(moved.sets.leftOut).toEqual([{ kind: 'set', id: photo.run, why: 'large.webp is missing' }]);
    const there = await target.storage.readVariant(photo.run, 'thumb.jpg');
    expect(await new Response(there).text()).toBe('thumb');
  });

  test('makes rows of an earlier call what they are by now', async () => {
    const machine = await oneMachine(1);
    const { source, target } = await sides(machine);
    const [photo] = machine.photos.map(machine.pathOf);
    await rm(photo?.thumb ?? '');
    await migrate(source, target, UNHEARD);
    const waiting = await source.db
      .selectFrom('jobs')
      .select('id')
      .where('state', '=', 'queued')
      .executeTakeFirstOrThrow();
    const start = { ...newStart(newUpload().job), jobId: JobId.parse(waiting.id) };
    await startRun(source.db, start);
    await finishRun(source.db, rejected(start));
    await migrate(source, target, UNHEARD);
    expect(await rowsOf(target.sessions.db)).toEqual(await rowsOf(source.db));
  });

  test('brings no row when one cannot be read', async () => {
    const { source, target } = await sides(await oneMachine(1));
    await source.db
      .updateTable('jobs')
      .set({ state: 'no state' as 'queued' })
      .execute();
    const moved = await migrate(source, target, UNHEARD);
    expect(isWhole(moved)).toBe(false);
    expect(moved).toMatchObject({ rows: null, originals: { moved: 2 } });
    expect(moved.unreadable).toMatchObject([
      { kind: 'jobs', why: expect.stringMatching(/^state: /) },
      { kind: 'jobs' },
    ]);
    for (const table of RECORD_TABLES) expect(await countOf(target.sessions.db, table)).toBe(0);
  });
});

describe('what goes from the bucket', () => {
  test('between two calls is brought again', async () => {
    const machine = await oneMachine(PHOTOS);
    const { source, target } = await sides(machine);
    const [bare] = machine.photos.map(machine.pathOf);
    await rm(bare?.thumb ?? '');
    await migrate(source, target, UNHEARD);
    await target.storage.removeOriginal(machine.waiting);
    const next = await migrate(source, target, UNHEARD);
    expect(next).toMatchObject({ originals: { moved: 1, already: PHOTOS }, lost: 0 });
    expect(await target.storage.readOriginal(machine.waiting)).not.toBeNull();
  });

  test('during a call is told, and comes with the next one', async () => {
    const machine = await oneMachine(PHOTOS);
    const { source, target } = await sides(machine);
    let listings = 0;
    async function* originals(olderThanMs: number) {
      // The first time is before anything is moved.
      if (++listings === 2) await target.storage.removeOriginal(machine.waiting);
      yield* target.storage.originals(olderThanMs);
    }
    const swept = await migrate(source, withBucket(target, { originals }), UNHEARD);
    expect(isWhole(swept)).toBe(false);
    expect(swept.lost).toBe(1);
    expect(isWhole(await migrate(source, target, UNHEARD))).toBe(true);
  });
});

describe('nothing is moved', () => {
  test('to where another service has its records', async () => {
    const { source, target } = await sides(await oneMachine(1));
    await acceptUpload(target.sessions.db, newUpload());
    await acceptUpload(target.sessions.db, newUpload());
    await expect(migrate(source, target, UNHEARD)).rejects.toMatchObject({
      name: 'MigrationRefused',
      message: expect.stringContaining('(images: 2, jobs: 2)'),
    });
    expect(await allOf(target.storage.originals(0))).toEqual([]);
  });

  const enter = (target: Target) =>
    sql`insert into nodes (id, role, host, slots) values ('a node', 'all', 'here', 1)`.execute(
      target.sessions.db,
    );

  test('beside a node', async () => {
    const { source, target } = await sides(await oneMachine(1));
    await enter(target);
    await expect(migrate(source, target, UNHEARD)).rejects.toMatchObject({ name: 'MigrationRefused' });
    expect(await allOf(target.storage.originals(0))).toEqual([]);
  });

  test('any more, when a node comes in the middle: rows least of all', async () => {
    const { source, target } = await sides(await oneMachine(1));
    const publish: ImageStorage['publish'] = async (run, write) => {
      await enter(target);
      return target.storage.publish(run, write);
    };
    const to = withBucket(target, { publish });
    await expect(migrate(source, to, UNHEARD)).rejects.toMatchObject({ name: 'MigrationRefused' });
    expect(await target.sessions.db.selectFrom('images').select('id').execute()).toEqual([]);
  });

  test('when somebody else writes to the target meanwhile: its rows are left alone', async () => {
    const { source, target } = await sides(await oneMachine(1));
    const publish: ImageStorage['publish'] = async (run, write) => {
      await acceptUpload(target.sessions.db, newUpload());
      return target.storage.publish(run, write);
    };
    const moving = migrate(source, withBucket(target, { publish }), UNHEARD);
    await expect(moving).rejects.toThrow('the target has 3 images and the source 2');
    expect(await target.sessions.db.selectFrom('images').select('id').execute()).toHaveLength(1);
  });
});

describe('a bucket', () => {
  const silent = () => Promise.reject(new StoreError('storage_unavailable', 'it does not answer'));

  test('that does not answer for a while is asked again', async () => {
    const { source, target } = await sides(await oneMachine(1));
    let calls = 0;
    const keepOriginal: ImageStorage['keepOriginal'] = (id, path) =>
      ++calls <= 2 ? silent() : target.storage.keepOriginal(id, path);
    expect(isWhole(await migrate(source, withBucket(target, { keepOriginal }), UNHEARD))).toBe(true);
    expect(calls).toBe(4);
  });

  test('that does not answer at all ends the move, which goes on where it was', async () => {
    const machine = await oneMachine(PHOTOS);
    const { source, target } = await sides(machine);
    const publish: ImageStorage['publish'] = silent;
    const moving = migrate(source, withBucket(target, { publish }), UNHEARD, NO_PATIENCE);
    await expect(moving).rejects.toMatchObject({ name: 'StoreError', message: 'it does not answer' });
    const next = await migrate(source, target, UNHEARD);
    expect(next).toMatchObject({ originals: { already: PHOTOS + 1, moved: 0 }, sets: { moved: PHOTOS } });
  });

  const others = async () => new Blob(['other bytes']).stream();

  test.each([
    ['an original', 'original', { readOriginal: others }],
    ['a set', 'thumb.jpg of set', { readVariant: others }],
  ])('that gives back other bytes of %s has no rows moved to it', async (_, what, bucket) => {
    const { source, target } = await sides(await oneMachine(1));
    const moving = migrate(source, withBucket(target, bucket), UNHEARD, NO_PATIENCE);
    await expect(moving).rejects.toThrow(
      RegExp(`^${what} .* was put there, and has other bytes than its record says$`),
    );
    expect(await target.sessions.db.selectFrom('images').select('id').execute()).toEqual([]);
  });

  test('that does not answer is asked for no more files than were on their way', async () => {
    const { source, target } = await sides(await oneMachine(20));
    let calls = 0;
    const keepOriginal = () => {
      calls++;
      return silent();
    };
    const moving = migrate(source, withBucket(target, { keepOriginal }), UNHEARD, NO_PATIENCE);
    await expect(moving).rejects.toBeInstanceOf(StoreError);
    expect(calls).toBe(8);
  });
});
