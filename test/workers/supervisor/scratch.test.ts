import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { newRunId } from '../../../shared/domain/ids.ts';
import { StoreError } from '../../../shared/errors.ts';
import { Scratch } from '../../../workers/supervisor/scratch.ts';
import { ownFolder, passableFolder } from '../../helpers/own-folder.ts';
import { ORDINARY_USER } from '../../helpers/strict.ts';

const SCRATCH = fileURLToPath(new URL('../../../workers/supervisor/scratch.ts', import.meta.url));

/** Who is not root, whoever the tests are; and whether that one can read this clone. */
const NOBODY = process.getuid?.() === 0 ? { uid: ORDINARY_USER } : {};
const CAN_READ = spawnSync(process.execPath, ['--check', SCRATCH], NOBODY).status === 0;

async function write(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, 'bytes');
}

/** Writes files into a folder, one after the other, until there have been many, or there is no folder any more. */
const WRITER = `
  const { existsSync, writeFileSync } = require('node:fs');
  const [folder] = process.argv.slice(1);
  for (let count = 0; count < 5_000 && existsSync(folder); count++) {
    try { writeFileSync(folder + '/' + count, ''); } catch {}
    if (count === 0) process.stdout.write('begun');
  }
`;

describe('opening the scratch', () => {
  test('makes its folder', async () => {
    const root = join(await ownFolder(), 'not', 'there');
    await Scratch.open(root);
    expect(await readdir(root)).toEqual([]);
  });

  test('removes the folders of workers, and of runs as an earlier version had them, and nothing else', async () => {
    const root = await ownFolder();
    const folder = (await Scratch.open(root)).newFolder(null);
    await write(join(folder.output, 'thumb.webp'));
    await write(join(root, newRunId(), 'out', 'deep', 'thumb.webp'));
    await write(join(root, newRunId(), 'input'));
    const others = [
      'photos/holiday.jpg',
      'notes.txt',
      `${newRunId()}.bak/thumb.webp`,
      `x${newRunId()}/thumb.webp`,
    ];
    for (const name of others) await write(join(root, name));
    await Scratch.open(root);
    expect((await readdir(root)).sort()).toEqual(others.map((name) => name.split('/')[0]).sort());
    for (const name of others) await access(join(root, name));
  });

  test('removes what a worker that is dying still writes', async () => {
    const root = await ownFolder();
    const output = join(root, newRunId(), 'out');
    await mkdir(output, { recursive: true });
    const writer = spawn(process.execPath, ['-e', WRITER, output]);
    const ended = once(writer, 'exit');
    await once(writer.stdout, 'data');
    await Scratch.open(root);
    expect(await readdir(root)).toEqual([]);
    await ended;
  });

  test.skipIf(!CAN_READ)('leaves to the next start what it cannot remove, and tells of it', async () => {
    const root = await passableFolder();
    const left = join(root, newRunId());
    await write(join(left, 'input'));
    // Who is not root cannot remove what is in it now.
    await chmod(root, 0o555);
    const opening = `
      import { Scratch } from '${SCRATCH}';
      await Scratch.open('${root}', (folder) => process.stdout.write(folder));
    `;
    const command = ['--input-type=module', '-e', opening];
    const told = execFileSync(process.execPath, command, { encoding: 'utf8', ...NOBODY });
    expect(told).toBe(left);
  });

  test('fails as a store does, where there can be no such folder', async () => {
    const file = join(await ownFolder(), 'file');
    await writeFile(file, '');
    await expect(Scratch.open(join(file, 'scratch'))).rejects.toThrow(StoreError);
  });
});
