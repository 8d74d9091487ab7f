import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { folderOf, livedOn, releases } from '../../testdata/releases/release.ts';
import { expectCleanEnd } from '../helpers/aftermath.ts';
import { askDoctor } from '../helpers/doctor.ts';
import { passableFolder } from '../helpers/own-folder.ts';
import { expectCarriedOn } from '../helpers/released.ts';
import { spawnService, startService } from '../helpers/service.ts';

/** What a release has left, to be worked on. */
async function copyOf(version: string): Promise<string> {
  const folder = await passableFolder();
  await cp(join(folderOf(version), 'data'), folder, { recursive: true });
  return folder;
}

describe.each(releases())('the data folder of %s', (version) => {
  test('is taken over as it was, and what waited is run', async () => {
    const lived = livedOn(version, 'one-machine');
    const folder = await copyOf(version);
    await using service = await startService({ folder });
    await expectCarriedOn(service, lived);
    await expectCleanEnd(service);
  });
});

test('a data folder of a newer version is refused with 78, told of by the doctor, and left as it was', async () => {
  const [version = ''] = releases();
  const folder = await copyOf(version);
  const path = join(folder, 'darkroom.db');
  const database = new DatabaseSync(path);
  database.exec("INSERT INTO kysely_migration (name, timestamp) VALUES ('9999-future', '2100-01-01')");
  database.close();
  const before = await readFile(path);
  await using service = await spawnService(folder, { folder });
  expect(await service.exited).toEqual({ code: 78, signal: null });
  expect(JSON.stringify(service.lines)).toMatch(/migrations that this version does not know: 9999-future/);
  expect(await readFile(path)).toEqual(before);
  const { lines } = await askDoctor({ env: { BASE_PATH: folder } });
  expect(lines('fail').join()).toContain('9999-future');
});
