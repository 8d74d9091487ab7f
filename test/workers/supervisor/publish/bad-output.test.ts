import { execFileSync } from 'node:child_process';
import {
  appendFile,
  link,
  mkdir,
  rename,
  stat,
  symlink,
  truncate,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { ReportedOutput } from '../../../../shared/protocol.ts';
import { BadOutput } from '../../../../workers/supervisor/bad-output.ts';
import { exif } from '../../../fixtures/metadata/exif.ts';
import { allOf } from '../../../helpers/all-of.ts';
import { beforeItIsRead, finishedRun, PRESET, picture, withExif, withSize } from './finished-run.ts';

describe('nothing is published, and the output is called bad, when', () => {
  const spoilt: [string, (victim: string) => Promise<unknown> | unknown][] = [
    ['a file is longer than reported', (victim) => appendFile(victim, 'and more')],
    ['a file is shorter than reported', (victim) => truncate(victim, 3)],
    ['a file is missing', (victim) => unlink(victim)],
  ];

  test.each(spoilt)('%s', async (_, spoil) => {
    const { storage, victim, publishThese } = await finishedRun();
    await spoil(victim);
    await expect(publishThese()).rejects.toThrow(BadOutput);
    expect(await allOf(storage.published(0))).toEqual([]);
  });

  const imposters: [string, (path: string) => Promise<unknown> | unknown][] = [
    ['a symbolic link to a file', (path) => symlink(fileURLToPath(import.meta.url), path)],
    ['a directory', (path) => mkdir(path)],
    ['a named pipe, which is not waited for', (path) => execFileSync('mkfifo', [path])],
  ];

  test('a second name of a file, with its size reported', async () => {
    const { storage, outputs, victim, publishThese } = await finishedRun();
    const other = `${victim}.other`;
    await rename(victim, other);
    await link(other, victim);
    await expect(publishThese(outputs)).rejects.toThrow(BadOutput);
    expect(await allOf(storage.published(0))).toEqual([]);
  });

  test.each(imposters)('in the place of a file is, with its size reported, %s', async (_, make) => {
    const { storage, outputs, victim, publishThese } = await finishedRun();
    await unlink(victim);
    await make(victim);
    const { size } = await stat(victim);
    await expect(publishThese(withSize(outputs, 'thumb.webp', size))).rejects.toThrow(BadOutput);
    expect(await allOf(storage.published(0))).toEqual([]);
  });

  test('a file is no picture', async () => {
    const { storage, victim, outputs, publishThese } = await finishedRun();
    await writeFile(victim, 'no picture');
    const thrown = publishThese(withSize(outputs, 'thumb.webp', 10));
    await expect(thrown).rejects.toMatchObject({ name: 'BadOutput', failure: 'protocol_error' });
    expect(await allOf(storage.published(0))).toEqual([]);
  });

  test('a file carries a position, of which the reason speaks', async () => {
    const { storage, folder, outputs, publishThese } = await finishedRun({ ...PRESET, keepCopyright: true });
    const bytes = withExif(picture('thumb', 'jpeg'), exif({ 33432: '(c) Ada', 34853: 8 }));
    await writeFile(join(folder, 'thumb.jpg'), bytes);
    const thrown = publishThese(withSize(outputs, 'thumb.jpg', bytes.length));
    const message = 'thumb.jpg carries a position';
    await expect(thrown).rejects.toMatchObject({ name: 'BadOutput', message, failure: 'metadata_left' });
    expect(await allOf(storage.published(0))).toEqual([]);
  });

  test('a file is changed between the look at it and its judgement', async () => {
    const { storage, outputs, victim, publishThese } = await finishedRun();
    const changing = beforeItIsRead(storage, () => writeFile(victim, 'no picture'));
    await expect(publishThese(outputs, changing)).rejects.toThrow('thumb.webp');
    expect(await allOf(storage.published(0))).toEqual([]);
  });

  const misreported: [string, (outputs: ReportedOutput[]) => ReportedOutput[]][] = [
    ['an output is not reported', (outputs) => outputs.slice(1)],
    [
      'an output is reported twice in place of another',
      ([first, , ...rest]) => [first, first, ...rest].flatMap((it) => it ?? []),
    ],
    [
      'an output is reported that nobody asked for',
      (outputs) => [...outputs, ...outputs.slice(0, 1).map((it) => ({ ...it, name: 'huge' }))],
    ],
    [
      'an output is reported larger than it is',
      (outputs) => outputs.map((it) => (it.name === 'thumb' ? { ...it, width: 11 } : it)),
    ],
    [
      'an output has another name than was asked for',
      (outputs) => outputs.map((it) => ({ ...it, name: it.name === 'thumb' ? 'tiny' : it.name })),
    ],
  ];

  test.each(misreported)('%s', async (_, misreport) => {
    const { storage, outputs, publishThese } = await finishedRun();
    await expect(publishThese(misreport(outputs))).rejects.toThrow(BadOutput);
    expect(await allOf(storage.published(0))).toEqual([]);
  });
});
