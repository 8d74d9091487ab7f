import { spawnSync } from 'node:child_process';
import { describe } from 'vitest';
import { SANDBOXES, type Sandbox } from '../../shared/domain/isolation.ts';
import { PROFILE } from './profile.ts';

/** A user that is nobody's: services that are not root are this one where the tests are root. */
export const ORDINARY_USER = 60_600;

export const IS_ROOT = process.getuid?.() === 0;

const OPTIONS = [
  '--unshare-all',
  '--unshare-user',
  '--disable-userns',
  '--ro-bind',
  '/',
  '/',
  '--proc',
  '/proc',
];

/** Null where workers can be in a sandbox; containers and some distributions let nobody make namespaces. */
export function whyNotStrict(): string | null {
  const as = IS_ROOT ? { uid: ORDINARY_USER, gid: ORDINARY_USER } : {};
  const { status, stderr, error } = spawnSync('bwrap', [...OPTIONS, 'true'], { encoding: 'utf8', ...as });
  return status === 0 ? null : `skipped: there is no sandbox: ${error?.message ?? stderr}`;
}

/** What needs a sandbox is skipped where there is none, but not by the gate. */
export const SKIPS_STRICT = process.env.CI !== 'true' && whyNotStrict() !== null;

/** Where records and files are has nothing to do with how workers are kept: with those of many nodes, one way is enough. */
const WAYS: readonly Sandbox[] = PROFILE === 'cluster' ? ['default'] : SANDBOXES;

/** A suite that services pass however their workers are kept. */
export function inEachSandbox(about: string, suite: (env: { WORKER_SANDBOX: Sandbox }) => void): void {
  for (const sandbox of WAYS) {
    describe.skipIf(sandbox === 'strict' && SKIPS_STRICT)(`${about}, ${sandbox}`, () =>
      suite({ WORKER_SANDBOX: sandbox }),
    );
  }
}
