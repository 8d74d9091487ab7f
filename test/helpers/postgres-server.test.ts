import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { ownFolder } from './own-folder.ts';
import { POSTGRES } from './postgres-binaries.ts';
import { gone } from './processes.ts';
import { sharedServer } from './shared-servers.ts';

const HOLDER = fileURLToPath(new URL('../fixtures/postgres-holder.ts', import.meta.url));

test('a PostgreSQL of the tests leaves no process and no folder, and the exit code of who has started it', async () => {
  const folder = await ownFolder();
  // It is another user's process where the tests are root.
  await chmod(folder, 0o711);
  const holder = spawn(process.execPath, [HOLDER], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = once(createInterface(holder.stdout), 'line');
  const complaints = text(holder.stderr);
  expect(await once(holder, 'close')).toEqual([3, null]);
  expect(await complaints).toBe('');
  const [pid] = await said;
  await gone([Number(pid)]);
  expect(await readdir(folder)).toEqual([]);
});

test('the PostgreSQL that all tests share is of the version that was asked for', async () => {
  const client = new Client({ connectionString: await sharedServer('postgres') });
  await client.connect();
  onTestFinished(() => client.end());
  const { rows } = await client.query('show server_version');
  expect(rows[0].server_version).toMatch(new RegExp(`^${POSTGRES}\\.`));
});
