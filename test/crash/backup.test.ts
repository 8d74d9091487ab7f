import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { goodPicture } from '../fixtures/fault-pictures.ts';
import { expectCleanEnd, VARIANTS } from '../helpers/aftermath.ts';
import { eventually } from '../helpers/eventually.ts';
import { filesBelow } from '../helpers/files-below.ts';
import { bytesOf, imageOf } from '../helpers/image-answer.ts';
import { sha256Of } from '../helpers/job-records.ts';
import { oneMachine } from '../helpers/one-machine.ts';
import { startCommand } from '../helpers/operator-command.ts';
import { ownFolder } from '../helpers/own-folder.ts';
import { PROFILE } from '../helpers/profile.ts';
import { startService } from '../helpers/service.ts';
import { Accepted, endOf, postImage } from '../helpers/upload.ts';

/** It starts two services and some commands, beside whatever else the machine does. */
const LIMIT = { timeout: 120_000 };

const backup = (base: string, folder: string) => startCommand('backup', [folder], { BASE_PATH: base }).ended;
const restore = (folder: string, base: string) =>
  startCommand('restore', [folder], { BASE_PATH: base }).ended;

describe.skipIf(PROFILE !== 'embedded')('a backup of one machine', () => {
  test(
    'made under load and restored elsewhere has every upload that was accepted before it began',
    LIMIT,
    async () => {
      const env = { N_WORKERS: '2', QUEUE_DEPTH: '50' };
      await using service = await startService({ env });
      const sent = new Map<string, string>();
      const accepted: Accepted[] = [];
      let isOver = false;
      const send = async () => {
        while (!isOver) {
          const picture = goodPicture();
          const answer = await postImage(service, picture);
          if (answer.status !== 200) continue;
          const it = Accepted.parse(await answer.json());
          sent.set(it.id, sha256Of(picture));
          accepted.push(it);
        }
      };
      const clients = Promise.all([send(), send(), send()]);
      await eventually('some uploads', () => accepted.length >= 20);
      const before = [...accepted];
      const copy = await ownFolder();
      const backedUp = backup(service.folder, copy);
      // What goes meanwhile is no fault of the backup.
      const deleted = new Set<string>();
      for (const { links, id } of before.slice(0, 6)) {
        expect((await service.fetch(links.self, { method: 'DELETE' })).status).toBe(204);
        deleted.add(id);
      }
      expect(await backedUp).toMatchObject({ code: 0, stderr: expect.anything() });
      isOver = true;
      await clients;
      expect(accepted.length).toBeGreaterThan(before.length);
      service.process.kill('SIGKILL');
      await service.exited;

      const elsewhere = await ownFolder();
      const restored = await restore(copy, elsewhere);
      expect(restored, restored.stderr).toMatchObject({ code: 0 });
      await using next = await startService({ env, folder: elsewhere });
      for (const it of before.filter(({ id }) => !deleted.has(id))) {
        const original = await readFile(join(elsewhere, 'originals', it.id.slice(0, 2), it.id));
        expect(sha256Of(original)).toBe(sent.get(it.id));
        // What was not made yet is made now.
        expect((await endOf(next, it)).status).toBe('succeeded');
        const { variants } = await imageOf(next, it);
        expect(variants).toHaveLength(VARIANTS);
        for (const variant of variants) {
          expect(sha256Of(await bytesOf(next, variant))).toBe(variant.sha256);
        }
      }
      await expectCleanEnd(next);
    },
  );

  test('is brought up to date, and has nothing any more that was deleted since', async () => {
    const machine = await oneMachine(3);
    const copy = await ownFolder();
    expect(await backup(machine.folder, copy)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('4 originals'),
    });
    const [gone] = machine.photos;
    if (!gone) throw new Error('there are three');
    await using service = await startService({ folder: machine.folder });
    expect((await service.fetch(`/images/${gone.id}`, { method: 'DELETE' })).status).toBe(204);
    const second = await backup(machine.folder, copy);
    expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining('3 originals') });
    const names = (await filesBelow(copy)).join(' ');
    expect(names).not.toContain(gone.id);
    expect(names).not.toContain(gone.run);
    expect(names).toContain(machine.waiting);
  });

  test('that was ended before its end is none, and the same command goes on with it', async () => {
    const machine = await oneMachine(20);
    const copy = await ownFolder();
    const killed = startCommand('backup', [copy], { BASE_PATH: machine.folder });
    await eventually(
      'some copies',
      async () => existsSync(join(copy, 'originals')) && (await readdir(join(copy, 'originals'))).length > 3,
    );
    killed.process.kill('SIGKILL');
    await killed.ended;
    const elsewhere = await ownFolder();
    expect(await restore(copy, elsewhere)).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('was not brought to its end'),
    });
    expect(await backup(machine.folder, copy)).toMatchObject({ code: 0 });
    expect(await restore(copy, elsewhere)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('21 originals and 20 sets'),
    });
  });

  test('tells what is missing or damaged, on either side, and brings all else', async () => {
    const machine = await oneMachine(3);
    const [first, second, third] = machine.photos.map((photo) => ({ ...photo, ...machine.pathOf(photo) }));
    if (!first || !second || !third) throw new Error('there are three');
    await rm(first.original);
    await writeFile(second.thumb, 'other bytes');
    const copy = await ownFolder();
    const backedUp = await backup(machine.folder, copy);
    expect(backedUp.code).toBe(1);
    expect(backedUp.stdout).toContain(`left out: original ${first.id} is missing`);
    expect(backedUp.stdout).toContain(
      `left out: set ${second.run} thumb.jpg has other bytes than its record says`,
    );

    await writeFile(join(copy, 'originals', third.id.slice(0, 2), third.id), 'rotten');
    const restored = await restore(copy, await ownFolder());
    expect(restored.code).toBe(1);
    expect(restored.stdout).toContain(`left out: original ${third.id} has other bytes than its record says`);
    await writeFile(join(copy, 'darkroom.db'), 'rotten');
    expect(await restore(copy, await ownFolder())).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('it is damaged'),
    });
  });

  test('is made of nothing else, and restored over nothing', async () => {
    const machine = await oneMachine(1);
    const copy = await ownFolder();
    expect(await backup(await ownFolder(), copy)).toMatchObject({ code: 78 });
    expect(await backup(machine.folder, machine.folder)).toMatchObject({ code: 78 });
    const many = {
      DATABASE_URL: 'postgres://database/darkroom',
      STORAGE_URL: 's3://photos?region=us-east-1',
    };
    expect(await startCommand('backup', [copy], many).ended).toMatchObject({ code: 2 });
    expect(await backup(machine.folder, copy)).toMatchObject({ code: 0 });
    expect(await restore(copy, machine.folder)).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('already'),
    });
  });
});
