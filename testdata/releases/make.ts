/**
 * Makes the folder of the version that is checked out, from its own code: what its services leave on a disk, in PostgreSQL and in a
 * bucket. Debian's postgresql-15 and python3-swift have to be there. `npm version` calls it; of a released version it is never made again.
 */
import { execFileSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dataFolder } from '../../test/helpers/service.ts';
import { folderOf, VERSION } from './release.ts';

process.env.DARKROOM_POSTGRES = '15';

const tagged = execFileSync('git', ['tag', '--list', `v${VERSION}`], { cwd: import.meta.dirname });
if (tagged.length > 0) throw new Error(`${VERSION} is released: what it left is as it was`);

const to = folderOf(VERSION);
await rm(to, { recursive: true, force: true });
const { oneMachine } = await import('./one-machine.ts');
const { manyMachines } = await import('./many-machines.ts');

const written = async (name: string, lived: object) =>
  writeFile(join(to, `${name}.json`), `${JSON.stringify(lived, null, 2)}\n`);

await inFolder(async (folder) => written('one-machine', await oneMachine(join(to, 'data'), folder)));
await inFolder(async (folder) => written('many-machines', await manyMachines(to, folder)));
process.stdout.write(`${to}\n`);

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await dataFolder();
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
