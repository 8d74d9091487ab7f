import { type ChildProcess, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { beforeEach, expect, onTestFinished } from 'vitest';
import type { Launch } from '../../workers/supervisor/launcher.ts';
import { fixturePath } from './fixture-worker.ts';
import { ready } from './worker-ready.ts';

/** One of those that a service takes. */
export const USER = { uid: 60_706, gid: 60_706 };
export const AS_USER = ['--reuid=60706', '--regid=60706', '--clear-groups'];
export const LAYER = 'user of its own';

/** Runs a program as the user of the workers; whether it ended well, and what it said. */
export function asUser(command: string, ...args: string[]) {
  const { status, stdout } = spawnSync('setpriv', [...AS_USER, command, ...args], { encoding: 'utf8' });
  return { ok: status === 0, said: stdout };
}

/** Null where these tests can be: they are about what root can do, with code that others may read. */
function whyNotHere(): string | null {
  if (process.getuid?.() !== 0) return 'skipped: only root can start workers as another user';
  if (!asUser(process.execPath, '--check', fixturePath('answers')).ok)
    return 'skipped: others cannot read this clone, or there is no setpriv';
  return null;
}

/** Where they cannot be, the tests of a file are skipped, and say why. */
export function onlyWhereUsersCanBe(): void {
  const whyNot = whyNotHere();
  beforeEach((context) => context.skip(whyNot !== null, whyNot ?? ''));
}

/** Real, effective, saved and file system user and group of a process, and its other groups. */
export async function identityOf(pid: number | undefined) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const numbers = (name: string) =>
    new RegExp(`^${name}:(.*)$`, 'm').exec(status)?.[1]?.trim().split(/\s+/).filter(Boolean);
  return { uid: numbers('Uid'), gid: numbers('Gid'), groups: numbers('Groups') };
}

/** One that no system gives out. */
export const UNPRIVILEGED = {
  uid: Array(4).fill(expect.stringMatching(/^6(?:07|0[89]|1[01])\d\d$/)),
  gid: expect.any(Array),
  groups: [],
};

/** A worker that is ready, and gone when the test has finished. */
export async function started(launch: Launch): Promise<ChildProcess> {
  const { child, leave } = launch();
  onTestFinished(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    await leave();
  });
  await ready(child);
  return child;
}
