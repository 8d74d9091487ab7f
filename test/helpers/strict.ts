import { spawnSync } from 'node:child_process';

/** A user that is nobody's: services that are not root are this one where the tests are root. */
export const ORDINARY_USER = 60_600;

export const IS_ROOT = process.getuid?.() === 0;

const SANDBOX = [
  '--unshare-all',
  '--unshare-user',
  '--disable-userns',
  '--ro-bind',
  '/',
  '/',
  '--proc',
  '/proc',
  'true',
];

/** Null where workers can be in a sandbox; containers and some distributions let nobody make namespaces. */
export function whyNotStrict(): string | null {
  const as = IS_ROOT ? { uid: ORDINARY_USER, gid: ORDINARY_USER } : {};
  const { status, stderr, error } = spawnSync('bwrap', SANDBOX, { encoding: 'utf8', ...as });
  return status === 0 ? null : `skipped: there is no sandbox: ${error?.message ?? stderr}`;
}
