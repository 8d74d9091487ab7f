import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { expectCleanEnd } from '../helpers/aftermath.ts';
import { ownFolder } from '../helpers/own-folder.ts';
import { PROFILE } from '../helpers/profile.ts';
import type { RunningService } from '../helpers/service.ts';
import { fillDisk, makeRoom, startOnSmallDisk, whyNotOnSmallDisk } from '../helpers/small-disk.ts';
import { postImage } from '../helpers/upload.ts';

const MIB = 1024 * 1024;
const DISK_BYTES = 24 * MIB;
const PICTURE_BYTES = 1.5 * MIB;
const AT_ONCE = 3;

/** Variants that take next to nothing: it is the originals that fill the disk. */
const TINY = {
  sizes: [{ name: 'thumb', width: 16, height: 16, fit: 'inside' }],
  outputs: [{ format: 'jpeg' }],
};

async function started(env: Record<string, string>): Promise<RunningService> {
  const path = join(await ownFolder(), 'presets.json');
  await writeFile(path, JSON.stringify({ default: TINY }));
  return startOnSmallDisk({ PRESETS_FILE: path, QUEUE_DEPTH: '4', ...env });
}

/** Sends pictures until they would have filled the disk so many times. @returns how often each status was answered */
async function sendTimesTheDisk(service: RunningService, times: number, fields: Record<string, string>) {
  const tiny = await readFile(imagePath('tiny_1x1.png'));
  const answers: Record<number, number> = {};
  let left = Math.ceil((times * DISK_BYTES) / PICTURE_BYTES);
  const send = async () => {
    while (left-- > 0) {
      const picture = Buffer.concat([tiny, randomBytes(PICTURE_BYTES)]);
      let answer = await postImage(service, picture, fields);
      while (answer.status === 503) {
        await answer.body?.cancel();
        await sleep(20);
        answer = await postImage(service, picture, fields);
      }
      await answer.body?.cancel();
      answers[answer.status] = (answers[answer.status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, send));
  return answers;
}

const ON_ITS_DISK = PROFILE === 'embedded';

test.skipIf(!ON_ITS_DISK).for([
  ['originals are kept until the variants are there', { KEEP_ORIGINALS: 'never' }, 3, {}],
  ['images live for two seconds', {}, 1.5, { expires: '2' }],
] as const)(
  'a small disk takes pictures of several times its size, where %s: nobody meets 507',
  { timeout: 60_000 },
  async ([, env, times, fields], context) => {
    const whyNot = await whyNotOnSmallDisk();
    context.skip(whyNot !== null, whyNot ?? '');
    await using service = await started({ ...env, MIN_FREE_BYTES: String(12 * MIB) });
    const sent = Math.ceil((times * DISK_BYTES) / PICTURE_BYTES);
    expect(await sendTimesTheDisk(service, times, fields)).toEqual({ 200: sent });
    await expectCleanEnd(service);
  },
);

test.skipIf(!ON_ITS_DISK)(
  'a disk that is nearly full is told of before it is, and when it is not any more',
  async (context) => {
    const whyNot = await whyNotOnSmallDisk();
    context.skip(whyNot !== null, whyNot ?? '');
    await using service = await started({ MIN_FREE_BYTES: String(8 * MIB) });
    const isLow = async () =>
      /^darkroom_disk_low (\d)$/m.exec(await (await service.fetch('/metrics')).text())?.[1];
    expect(await isLow()).toBe('0');
    await fillDisk(service, 4 * MIB);
    const line = await service.logged('the disk is nearly full');
    expect(line).toMatchObject({ level: 'warn', minFreeBytes: 8 * MIB });
    expect(Number(line.freeBytes)).toBeLessThan(8 * MIB);
    expect(await isLow()).toBe('1');
    await makeRoom(service);
    await service.logged('there is room on the disk again');
    expect(await isLow()).toBe('0');
    await expectCleanEnd(service);
  },
);
