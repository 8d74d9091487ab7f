import { spawnSync } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { askDoctor } from '../helpers/doctor.ts';
import { ownFolder, passableFolder } from '../helpers/own-folder.ts';
import { spawnService } from '../helpers/service.ts';

/** Runs a command where /proc/self/mountinfo says what a file says: in a mount namespace of its own, with the same pid. */
const withMounts = (file: string) => [
  ...['unshare', '--map-root-user', '--mount', 'sh', '-c'],
  ...[`mount --bind "${file}" /proc/$$/mountinfo && exec "$@"`, 'sh'],
];

/** The mounts of a machine that has a folder from a server. */
async function onNfs(folder: string): Promise<string[]> {
  const file = join(await ownFolder(), 'mountinfo');
  await writeFile(
    file,
    `36 35 98:0 / / rw - ext4 /dev/root rw\n37 36 0:50 / ${folder} rw - nfs4 server:/export rw\n`,
  );
  return withMounts(file);
}

beforeEach(async (context) => {
  const [file = '', ...args] = [...(await onNfs('/srv')), 'true'];
  const { status, stderr, error } = spawnSync(file, args, { encoding: 'utf8' });
  context.skip(
    status !== 0 && process.env.CI !== 'true',
    `nothing can be mounted: ${error?.message ?? stderr}`,
  );
});

test('a service whose SQLite would lie on a server does not start, and writes nothing there', async () => {
  const folder = await passableFolder();
  await using service = await spawnService(folder, { folder, prefix: await onNfs(folder) });
  const line = await service.logged(({ msg }) => /^(the service could not be started|listening)$/.test(msg));
  expect(line.err).toMatchObject({
    type: 'NetworkFileSystem',
    message: expect.stringMatching(
      /is on nfs4, .*have BASE_PATH or DATABASE_URL=sqlite:… name a folder on a disk/,
    ),
  });
  expect(await service.exited).toEqual({ code: 78, signal: null });
  expect(await readdir(folder)).toEqual([]);
});

test('the doctor says so before', async () => {
  const folder = await passableFolder();
  const { code, lines } = await askDoctor({ env: { BASE_PATH: folder }, prefix: await onNfs(folder) });
  expect({ code, fails: lines('fail') }).toEqual({
    code: 78,
    fails: [
      expect.stringMatching(
        /^BASE_PATH.* is on nfs4, a network file system.* -> Have BASE_PATH or DATABASE_URL/,
      ),
    ],
  });
});
