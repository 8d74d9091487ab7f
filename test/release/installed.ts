import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { ROOT } from './package-folder.ts';

const run = promisify(execFile);

/** On a disk: what is installed has 300 MB. */
const ON_DISK = '/var/tmp';

/** All that a stranger's machine has of an environment: no Node but the system's. */
export const STRANGER = {
  PATH: (process.env.PATH ?? '')
    .split(':')
    .filter((path) => !path.includes('node_modules'))
    .join(':'),
  HOME: process.env.HOME ?? '/',
};

const Packed = z.tuple([
  z.object({ filename: z.string(), size: z.int(), files: z.array(z.object({ path: z.string() })) }),
]);

/** A package, and a project that it is installed in. */
export interface Installed {
  /** Of the tarball, in bytes. */
  size: number;
  /** The paths of all that is in it. */
  files: readonly string[];
  /** The folder of the project; others may pass it, as workers are. */
  project: string;
  /** What npm has made a command of. */
  command(name: 'darkroom' | 'node'): string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Packs this checkout and installs it in a project of its own, as `npm install darkroom-1.2.3.tgz` does; from npm's cache where it can. */
export async function installPackage(): Promise<Installed> {
  const folder = await mkdtemp(join(ON_DISK, 'darkroom-package-'));
  try {
    await chmod(folder, 0o755);
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], {
      cwd: ROOT,
      env: STRANGER,
    });
    // What prepack says comes first.
    const [packed] = Packed.parse(JSON.parse(stdout.slice(stdout.indexOf('[\n'))));
    const project = join(folder, 'project');
    await mkdir(project);
    await writeFile(join(project, 'package.json'), '{ "type": "module", "private": true }');
    const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
    await run('npm', ['install', ...flags, join(folder, packed.filename)], { cwd: project, env: STRANGER });
    return {
      size: packed.size,
      files: packed.files.map(({ path }) => path),
      project,
      command: (name) => join(project, 'node_modules/.bin', name),
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
