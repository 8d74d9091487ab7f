import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type FileSystems, fileSystemOf, nearestThere } from '../../../../shared/storage/disk/file-system.ts';
import {
  NetworkFileSystem,
  refuseNetworkFolder,
} from '../../../../shared/storage/disk/network-file-system.ts';
import { ownFolder } from '../../../helpers/own-folder.ts';

/** As Linux writes it; other fields than these do not count. */
const mount = (at: string, name: string, options = 'rw') =>
  `36 35 98:0 / ${at} rw,noatime master:1 - ${name} source ${options}`;

const linux = (...mounts: string[]): FileSystems => ({
  platform: 'linux',
  mounts: async () => [mount('/', 'ext4'), ...mounts, ''].join('\n'),
  typeOf: () => Promise.reject(new Error('nobody asks')),
});

const withoutProc = (type: number): FileSystems => ({
  platform: 'linux',
  mounts: () => Promise.reject(new Error('there is no /proc')),
  typeOf: async () => type,
});

test.each([
  ['nfs4', 'rw', 'network'],
  ['cifs', 'rw', 'network'],
  ['ceph', 'rw', 'network'],
  ['fuse.sshfs', 'rw', 'network'],
  ['fuse.gcsfuse', 'rw', 'network'],
  ['9p', 'rw,trans=tcp,port=564', 'network'],
  ['9p', 'rw,trans=fd,rfdno=4', 'doubtful'],
  ['virtiofs', 'rw', 'doubtful'],
  ['fuse.mergerfs', 'rw', 'doubtful'],
  ['tmpfs', 'rw', 'memory'],
  ['overlay', 'rw', 'container'],
  ['xfs', 'rw', 'local'],
])('a folder on %s (%s) is on what is %s', async (name, options, kind) => {
  const folder = await ownFolder();
  expect(await fileSystemOf(join(folder, 'not', 'yet'), linux(mount(folder, name, options)))).toEqual({
    name,
    kind,
  });
});

test('the nearest mount counts, and of two at one place the later; a space in its path is written as a number', async () => {
  const folder = await ownFolder();
  const inner = join(folder, 'of photos', 'data');
  await mkdir(inner, { recursive: true });
  const at = join(folder, 'of\\040photos');
  const systems = linux(
    mount(at, 'ext4'),
    mount(at, 'nfs4'),
    mount(folder, 'xfs'),
    mount(`${folder}/of`, 'cifs'),
  );
  expect(await fileSystemOf(inner, systems)).toEqual({ name: 'nfs4', kind: 'network' });
});

test.each([
  [0x6969, 'nfs', 'network'],
  [-11317950, 'cifs', 'network'],
  [0x01021997, '9p', 'doubtful'],
  [0xef53, 'local', 'local'],
])('without /proc statfs tells: %i is %s', async (type, name, kind) => {
  expect(await fileSystemOf(await ownFolder(), withoutProc(type))).toEqual({ name, kind });
});

test('macOS tells nothing', async () => {
  const systems: FileSystems = { ...withoutProc(0x6969), platform: 'darwin' };
  expect(await fileSystemOf(await ownFolder(), systems)).toBeNull();
});

test('SQLite is refused on a network file system, and on nothing else', async () => {
  const folder = await ownFolder();
  await expect(refuseNetworkFolder(folder, linux(mount(folder, 'nfs4')))).rejects.toEqual(
    new NetworkFileSystem(folder, 'nfs4'),
  );
  for (const systems of [linux(), linux(mount(folder, 'fuse')), { ...linux(), platform: 'darwin' } as const])
    await refuseNetworkFolder(folder, systems);
});

test('what is not there yet will lie in the nearest folder above that is', async () => {
  const folder = await ownFolder();
  expect(await nearestThere(join(folder, 'a', 'b'))).toBe(folder);
  expect(await nearestThere(folder)).toBe(folder);
});
