import type { WorkerProgram } from './program.ts';
import type { WorkerFolder } from './worker-folder.ts';

/** Shared libraries and the loader, wherever a distribution has them: no programs, no shell, nothing of /etc. */
const LIBRARIES = ['/usr/lib', '/usr/lib64', '/lib', '/lib64'];

/**
 * The command that puts what follows it into a sandbox of its own, by bubblewrap 0.8 and newer (bwrap(1)): new namespaces of
 * every kind, no capability, and a root that is empty but for libraries, code and the folder of the worker, each at its own
 * path. It ends with its parent, and all that is in it ends with the worker; a signal n of the worker is exit code 128 + n.
 */
export function sandboxCommand({ code, shared }: WorkerProgram, folder: WorkerFolder): string[] {
  const readOnly = [...code, process.execPath, folder.inputs];
  const writable = [folder.output, folder.temporary, ...(shared === null ? [] : [shared])];
  return [
    'bwrap',
    '--unshare-all',
    // Of its own, or not at all; and none is made in it.
    '--unshare-user',
    '--disable-userns',
    '--die-with-parent',
    '--new-session',
    ...['--cap-drop', 'ALL'],
    // First: the scratch may lie below /dev/shm.
    ...['--proc', '/proc'],
    ...['--dev', '/dev'],
    ...LIBRARIES.flatMap((path) => ['--ro-bind-try', path, path]),
    ...readOnly.flatMap((path) => ['--ro-bind', path, path]),
    ...writable.flatMap((path) => ['--bind', path, path]),
    ...['--remount-ro', '/dev'],
    ...['--remount-ro', '/'],
    // There is no /tmp.
    ...['--setenv', 'TMPDIR', folder.temporary],
    ...['--chdir', shared ?? folder.temporary],
    '--',
  ];
}
