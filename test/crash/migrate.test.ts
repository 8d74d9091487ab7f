import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.ts';
import { type MigrationTarget, migrationTarget } from '../helpers/migration-target.ts';
import { type OneMachine, oneMachine } from '../helpers/one-machine.ts';
import { sharedServer } from '../helpers/shared-servers.ts';
import { TcpProxy } from '../helpers/tcp-proxy.ts';
import { describeWithS3 } from '../helpers/with-s3.ts';

const PHOTOS = 30;
/** With their sets, and one that waits. */
const FILES = 2 * PHOTOS + 1;

/** Each starts the command twice, beside whatever else the machine does. */
const LIMIT = { timeout: 120_000 };

/** Of each piece on its way to the bucket and back, so that there is a middle. */
const SLOW_MS = 40;

describeWithS3('the move to many machines', (server) => {
  /** @returns what stands before the bucket, and the setting by which it is reached so */
  async function slowBucket({ env }: MigrationTarget) {
    const { endpoint } = server();
    const proxy = await TcpProxy.before(endpoint);
    proxy.delay(SLOW_MS);
    const url = new URL(env.STORAGE_URL);
    url.searchParams.set('endpoint', new URL(proxy.address(endpoint)).origin);
    return { proxy, setting: { STORAGE_URL: url.href } };
  }

  /** While it is at the files, some of which are there. */
  async function inTheMiddle(target: MigrationTarget): Promise<number> {
    const moved = await eventually('some files to be moved', async () => (await target.moved()) || false);
    expect(moved).toBeLessThan(FILES);
    return moved;
  }

  async function expectAllOnce(target: MigrationTarget, { folder }: OneMachine): Promise<void> {
    const { there, named } = await target.files();
    expect(there).toEqual(named);
    expect(named).toHaveLength(FILES);
    expect(await target.moved()).toBe(0);
    expect(await target.count('idempotency_keys'), 'requests of before').toBe(0);
    expect(await readdir(join(folder, 'spool'))).toEqual([]);
  }

  const already = (stdout: string) =>
    [...stdout.matchAll(/(\d+) were there already/g)].reduce((sum, [, n]) => sum + Number(n), 0);

  test('killed in the middle and called again, it ends with everything there once', LIMIT, async () => {
    const source = await oneMachine(PHOTOS);
    const target = await migrationTarget(server());
    const { proxy, setting } = await slowBucket(target);
    await using _ = proxy;
    const killed = target.start(source.folder, setting);
    const moved = await inTheMiddle(target);
    killed.process.kill('SIGKILL');
    await killed.ended;
    expect(await target.count('images'), 'rows before their files').toBe(0);

    const { code, stdout, stderr } = await target.start(source.folder).ended;
    expect(code, stderr).toBe(0);
    expect(already(stdout)).toBeGreaterThanOrEqual(moved);
    await expectAllOnce(target, source);
  });

  test('it goes on after an outage of the bucket and one of the database', LIMIT, async () => {
    const source = await oneMachine(PHOTOS);
    const target = await migrationTarget(server());
    const { proxy, setting } = await slowBucket(target);
    await using _ = proxy;
    await using database = await TcpProxy.before(await sharedServer('postgres'));
    const through = { ...setting, DATABASE_URL: database.address(target.env.DATABASE_URL) };
    const { process, ended } = target.start(source.folder, through);
    await inTheMiddle(target);
    database.cut();
    await server().stop();
    await server().restart();
    proxy.heal();
    expect(process.exitCode).toBeNull();
    const { code, stdout, stderr } = await ended;
    expect({ code, stdout }, stderr).toEqual({
      code: 0,
      stdout: expect.stringContaining(`originals: ${PHOTOS + 1} of ${PHOTOS + 1} moved`),
    });
    await expectAllOnce(target, source);
  });

  test(
    'when the database is lost in the middle of the rows there are none, and the next call brings them',
    LIMIT,
    async () => {
      const source = await oneMachine(PHOTOS);
      const target = await migrationTarget(server());
      await using database = await TcpProxy.before(await sharedServer('postgres'));
      database.cutAnswerTo('insert into "jobs"');
      const through = { DATABASE_URL: database.address(target.env.DATABASE_URL) };
      const cut = await target.start(source.folder, through).ended;
      expect(cut).toMatchObject({
        code: 75,
        stderr: expect.stringMatching(/move the rows: .*\nThe same command goes on where this one was\.$/),
      });
      expect(await target.count('images')).toBe(0);

      const { code, stdout } = await target.start(source.folder).ended;
      expect({ code, already: already(stdout) }).toEqual({ code: 0, already: FILES });
      await expectAllOnce(target, source);
    },
  );
});
