import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { imagePath } from '../../../../testdata/expected.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { filesBelow } from '../../../helpers/files-below.ts';
import { ownFolder, passableFolder } from '../../../helpers/own-folder.ts';
import { startService } from '../../../helpers/service.ts';
import { endOf, upload } from '../../../helpers/upload.ts';
import {
  asUser,
  identityOf,
  LAYER,
  onlyWhereUsersCanBe,
  UNPRIVILEGED,
} from '../../../helpers/worker-user.ts';

onlyWhereUsersCanBe();

describe('a service that is root', () => {
  const SMALL = imagePath('testimage_small.jpg');

  test('has workers of another user, who make the variants and see nothing beside the scratch', async () => {
    const folder = await passableFolder();
    await using service = await startService({ folder });
    const { layers } = await service.logged('isolation layers in force');
    expect(layers).toContain(LAYER);
    for (const pid of await service.workerPids()) expect(await identityOf(pid)).toEqual(UNPRIVILEGED);

    const accepted = await upload(service, SMALL);
    expect(await endOf(service, accepted)).toMatchObject({ status: 'succeeded' });
    const files = (await filesBelow(folder)).filter(
      (name) => name.startsWith('originals') || name.startsWith('variants'),
    );
    expect(files).toHaveLength(7);
    const closed = [...files, 'darkroom.db', 'darkroom.db-wal', 'darkroom.db-shm'];
    for (const name of closed) expect(asUser('cat', join(folder, name)).ok, name).toBe(false);
    expect(asUser('ls', join(folder, 'spool')).ok).toBe(false);
    await eventually(
      'an empty scratch',
      async () => (await filesBelow(join(folder, 'scratch'))).length === 0,
    );
    expect(service.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  test('says once, with what to do, that its workers are root, too, and works', async () => {
    const folder = await ownFolder();
    await chmod(folder, 0o700);
    await using service = await startService({ folder });
    const warnings = service.lines.filter(({ level }) => level === 'warn');
    expect(warnings).toEqual([
      expect.objectContaining({
        msg: expect.stringMatching(/^workers run as root: .*SCRATCH_PATH/),
        why: expect.stringContaining(join(folder, 'scratch')),
      }),
    ]);
    expect(await endOf(service, await upload(service, SMALL))).toMatchObject({ status: 'succeeded' });
  });
});
