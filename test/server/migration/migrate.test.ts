import { rm, writeFile } from 'node:fs/promises';
import { type Kysely, sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { isWhole, migrate } from '../../../server/migration/migrate.ts';
import { countOf, RECORD_TABLES } from '../../../server/migration/record-tables.ts';
import type { Step, Target } from '../../../server/migration/sides.ts';
import { JobId } from '../../../shared/domain/ids.ts';
import { acceptUpload } from '../../../shared/jobs/accept.ts';
import { finishRun, startRun } from '../../../shared/jobs/runs.ts';
import type { Tables } from '../../../shared/jobs/schema/tables.ts';
import type { Sessions } from '../../../shared/postgres/sessions.ts';
import type { ImageStorage } from '../../../shared/storage/image-storage.ts';
import { allOf } from '../../helpers/all-of.ts';
import { newStart, newUpload, rejected } from '../../helpers/job-records.ts';
import { PHOTOS, sides, UNHEARD, withBucket } from '../../helpers/migration-sides.ts';
import { oneMachine } from '../../helpers/one-machine.ts';

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
