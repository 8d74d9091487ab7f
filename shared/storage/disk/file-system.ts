import { readFile, realpath, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { errorCode } from '../../errors.ts';

/**
 * - `local`: a disk of this machine, as far as can be told
 * - `memory`: it ends with the machine, or with the container
 * - `container`: the layer of a container, which ends with it
 * - `network`: another machine's: locks and memory maps are not kept as SQLite needs them
 * - `doubtful`: passed through from somewhere, as FUSE and 9p do; what is behind it cannot be told
 */
export type FileSystemKind = 'local' | 'memory' | 'container' | 'network' | 'doubtful';

export interface FileSystem {
  /** As the kernel calls it, such as `ext4` or `nfs4`. */
  name: string;
  kind: FileSystemKind;
}

/** What a machine says of its file systems. */
export interface FileSystems {
  platform: NodeJS.Platform;
  /** The text of /proc/self/mountinfo: proc_pid_mountinfo(5). */
  mounts(): Promise<string>;
  /** `f_type` of statfs(2). */
  typeOf(path: string): Promise<number>;
}

export const OF_THIS_MACHINE: FileSystems = {
  platform: process.platform,
  mounts: () => readFile('/proc/self/mountinfo', 'utf8'),
  typeOf: async (path) => (await statfs(path)).type,
};

const NETWORK =
  /^(nfs\d?|cifs|smb\d?|smbfs|ncpfs|afs|ceph|coda|lustre|gpfs|beegfs|glusterfs|orangefs|pvfs2|davfs|fuse\.(sshfs|glusterfs|ceph.*|s3fs|.*rclone|gcsfuse|goofys|.*mount-s3|mountpoint-s3|juicefs|.*seaweedfs|mfs|moosefs|lizardfs|curlftpfs|davfs2?|blobfuse2?|smbnetfs))$/i;
const DOUBTFUL = /^(9p|virtiofs|fuse|fuse\..*|fuseblk|vboxsf|prl_fs|.*vmhgfs.*|fakeowner|grpcfuse|osxfs)$/i;
const MEMORY = /^(tmpfs|ramfs)$/;
const CONTAINER = /^(overlay|aufs)$/;

/** Of statfs(2) and linux/magic.h, those that are not local. */
const BY_TYPE: Record<number, string> = {
  26985: 'nfs',
  20859: 'smb',
  4283649346: 'cifs',
  4266872130: 'smb3',
  22092: 'ncpfs',
  1397113167: 'afs',
  1799439955: 'afs',
  12805120: 'ceph',
  1937076805: 'coda',
  198183888: 'lustre',
  1196443219: 'gpfs',
  428016422: 'beegfs',
  16914839: '9p',
  1702057286: 'fuse',
  2020557398: 'vboxsf',
  16914836: 'tmpfs',
  2240043254: 'ramfs',
  2035054128: 'overlay',
};

/**
 * What a folder lies on, or will lie on when it is made.
 * @returns null where this system tells nothing of it, as macOS does
 */
export async function fileSystemOf(path: string, systems = OF_THIS_MACHINE): Promise<FileSystem | null> {
  if (systems.platform !== 'linux') return null;
  const there = await realpath(await nearestThere(path));
  const mount = await systems.mounts().then(
    (text) => mountOf(there, text),
    () => null,
  );
  if (mount) return mount;
  const name = BY_TYPE[(await systems.typeOf(there)) >>> 0] ?? 'local';
  return { name, kind: kindOf(name, '') };
}

/** The path itself, or the nearest folder above it that is there. */
export async function nearestThere(path: string): Promise<string> {
  const whole = resolve(path);
  try {
    await realpath(whole);
    return whole;
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' || whole === dirname(whole)) throw error;
    return nearestThere(dirname(whole));
  }
}

/** The last of those that lie nearest above: a later mount hides what was mounted at the same place. */
function mountOf(path: string, text: string): FileSystem | null {
  let nearest = '';
  let found: FileSystem | null = null;
  for (const line of text.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const at = unescaped(before.split(' ')[4] ?? '');
    const [name = '', , options = ''] = after.split(' ');
    const isAbove = path === at || path.startsWith(at.endsWith('/') ? at : `${at}/`);
    if (name === '' || at === '' || !isAbove || at.length < nearest.length) continue;
    nearest = at;
    found = { name, kind: kindOf(name, options) };
  }
  return found;
}

/** A space, a tab, a line feed and a backslash are written as octal numbers. */
const unescaped = (text: string): string =>
  text.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

function kindOf(name: string, options: string): FileSystemKind {
  if (NETWORK.test(name) || (name === '9p' && /(^|,)trans=(tcp|unix|rdma)(,|$)/.test(options)))
    return 'network';
  if (DOUBTFUL.test(name)) return 'doubtful';
  if (MEMORY.test(name)) return 'memory';
  return CONTAINER.test(name) ? 'container' : 'local';
}
