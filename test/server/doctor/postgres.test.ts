import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { postgresFindings } from '../../../server/doctor/checks/postgres.ts';
import { copyOf, newDatabase } from '../../helpers/postgres-server.ts';
import { sharedServer } from '../../helpers/shared-servers.ts';

const POOL = 10;

async function ask(url: string, text: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(text).finally(() => client.end());
}

/** The same address with something else in it. */
const changed = (
  url: string,
  parts: Partial<Record<'username' | 'password' | 'port' | 'pathname', string>>,
): string => Object.assign(new URL(url), parts).href;

async function faultsOf(url: string, poolSize = POOL) {
  const findings = await postgresFindings(url, poolSize);
  return findings.filter(({ verdict }) => verdict !== 'ok');
}

test('a database of ours has no fault, and neither has an empty one', async () => {
  for (const url of [
    await copyOf(await sharedServer('migrated')),
    await newDatabase(await sharedServer('postgres')),
  ]) {
    const findings = await postgresFindings(url, POOL);
    expect(findings.map(({ check, verdict }) => [check, verdict])).toEqual([
      ['database', 'ok'],
      ['database connections', 'ok'],
      ['database clock', 'ok'],
    ]);
    // What is told has no password in it.
    expect(JSON.stringify(findings)).not.toContain(new URL(url).password);
  }
});

describe('a database that cannot be reached', () => {
  test.each([
    [{ port: '1' }, /^See that PostgreSQL runs at 127\.0\.0\.1:1\//],
    [{ password: 'wrong' }, /^Set the user and the password/],
    [{ pathname: '/nowhere' }, /^Create the database/],
  ])('by its %o', async (parts, mend) => {
    const url = changed(await sharedServer('postgres'), parts);
    const faults = await faultsOf(url);
    expect(faults).toMatchObject([{ check: 'database', verdict: 'fail', mend: expect.stringMatching(mend) }]);
    expect(JSON.stringify(faults)).not.toContain(new URL(url).password);
  });
});

describe('a database', () => {
  test('that a newer version has written is left to that', async () => {
    const url = await copyOf(await sharedServer('migrated'));
    await ask(url, "insert into kysely_migration values ('9999-of-tomorrow', '2030-01-01')");
    expect(await faultsOf(url)).toMatchObject([
      {
        verdict: 'fail',
        told: expect.stringContaining('9999-of-tomorrow'),
        mend: expect.stringMatching(/^Start the version/),
      },
    ]);
  });

  test('whose role may not make tables, nor change those of another', async () => {
    const url = await copyOf(await sharedServer('migrated'));
    const role = `stranger_${randomUUID().replaceAll('-', '')}`;
    await ask(
      url,
      `create role ${role} login password 'strange'; grant select on kysely_migration to ${role}`,
    );
    onTestFinished(() => ask(url, `drop owned by ${role}; drop role ${role}`));
    const asStranger = changed(url, { username: role, password: 'strange' });
    expect(await faultsOf(asStranger)).toMatchObject([
      {
        check: 'database',
        verdict: 'fail',
        told: expect.stringContaining('does not let this role'),
        mend: expect.stringMatching(/owner/),
      },
    ]);
  });

  test('that does not wait for its disk, has too few connections, and another clock', async () => {
    const url = await newDatabase(await sharedServer('postgres'));
    await ask(url, `alter database ${new URL(url).pathname.slice(1)} set synchronous_commit = off`);
    const now = Date.now;
    vi.spyOn(Date, 'now').mockImplementation(() => now() - 60_000);
    onTestFinished(() => void vi.restoreAllMocks());
    expect(await faultsOf(url, 10_000)).toMatchObject([
      {
        verdict: 'warn',
        told: expect.stringContaining('power cut'),
        mend: expect.stringContaining('synchronous_commit'),
      },
      { check: 'database connections', verdict: 'warn', mend: expect.stringContaining('max_connections') },
      {
        check: 'database clock',
        verdict: 'warn',
        told: expect.stringContaining('60 s behind'),
        mend: expect.stringContaining('NTP'),
      },
    ]);
  });
});
