import { spawnSync } from 'node:child_process';
import { access, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { newRunId } from '../../../../shared/domain/ids.ts';
import { Scratch } from '../../../../workers/supervisor/scratch.ts';
import { ownFolder, passableFolder } from '../../../helpers/own-folder.ts';
import { asUser, onlyWhereUsersCanBe, USER } from '../../../helpers/worker-user.ts';

onlyWhereUsersCanBe();

describe('the folder of a worker that is another user', () => {
  async function sharedRun() {
    const root = await passableFolder();
    const own = (await Scratch.open(root)).newFolder(USER);
    const run = newRunId();
    const { inputPath, outputPath } = await own.make(run);
    await writeFile(inputPath, 'the picture', { mode: 0o644 });
    return { root, own, run, inputPath, outputPath, folder: own.path };
  }

  test('lets it read its input, and write its outputs', async () => {
    const { inputPath, outputPath } = await sharedRun();
    expect(asUser('cat', inputPath)).toEqual({ ok: true, said: 'the picture' });
    expect(asUser('touch', join(outputPath, 'thumb.webp')).ok).toBe(true);
  });

  test('lets it change nothing else', async () => {
    const { inputPath, outputPath, folder, root } = await sharedRun();
    const attempts = [
      ['cp', '/dev/null', inputPath],
      ['rm', '-f', inputPath],
      ['mv', outputPath, join(folder, 'elsewhere')],
      ['touch', join(folder, 'more')],
      ['touch', join(root, 'more')],
      ['ls', folder],
      ['ls', join(folder, 'in')],
      ['ls', join(folder, 'taken')],
    ] as const;
    for (const [command, ...args] of attempts)
      expect(asUser(command, ...args).ok, [command, ...args].join(' ')).toBe(false);
    expect(await readFile(inputPath, 'utf8')).toBe('the picture');
  });

  test('lets nobody else in, be it another worker', async () => {
    const { inputPath, outputPath } = await sharedRun();
    const other = ['--reuid=60707', '--regid=60707', '--clear-groups', 'ls'];
    for (const path of [inputPath, outputPath])
      expect(spawnSync('setpriv', [...other, path]).status).not.toBe(0);
  });

  test('is removed whatever it has left there, and what a link leads to stays', async () => {
    const { root, own, run, outputPath } = await sharedRun();
    const victim = await ownFolder();
    await writeFile(join(victim, 'precious'), '');
    expect(asUser('mkdir', '-p', join(outputPath, 'deep', 'deeper')).ok).toBe(true);
    expect(asUser('ln', '-s', victim, join(outputPath, 'deep', 'link')).ok).toBe(true);
    expect(asUser('chmod', '0', join(outputPath, 'deep')).ok).toBe(true);
    await symlink(victim, join(outputPath, 'link'));
    await own.leave();
    await own.remove(run);
    expect(await readdir(root)).toEqual([]);
    await access(join(victim, 'precious'));
  });

  test('is removed at the next start as well', async () => {
    const { root, outputPath } = await sharedRun();
    await mkdir(join(outputPath, 'deep'));
    await Scratch.open(root);
    expect(await readdir(root)).toEqual([]);
  });
});
