import { execFileSync } from 'node:child_process';
import { link, mkdir, rename, stat, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { newRunId } from '../../../shared/domain/ids.ts';
import { type OutputFormat, variantFileName } from '../../../shared/domain/image.ts';
import { Preset } from '../../../shared/domain/preset.ts';
import type { ReportedOutput } from '../../../shared/protocol.ts';
import { DiskStorage } from '../../../shared/storage/disk/disk-storage.ts';
import { BadOutput, publish } from '../../../workers/supervisor/publish.ts';
import { DESCRIPTION, sha256Of } from '../../helpers/job-records.ts';
import { ownFolder } from '../../helpers/own-folder.ts';

const PRESET = Preset.parse({
  name: 'two',
  sizes: [
    { name: 'large', width: 20, height: 20, fit: 'inside' },
    { name: 'thumb', width: 10, height: 10, fit: 'cover' },
  ],
  outputs: [
    { format: 'jpeg', quality: 80 },
    { format: 'webp', quality: 80 },
  ],
});

/** A run that has written what its preset asks for, and reports it. */
async function finishedRun() {
  const storage = await DiskStorage.open(join(await ownFolder(), 'storage'));
  const folder = await ownFolder();
  const run = newRunId();
  const outputs: ReportedOutput[] = [];
  for (const { name } of PRESET.sizes) {
    for (const { format } of PRESET.outputs) outputs.push(await writeOutput(folder, name, format));
  }
  const publishThese = (reported: readonly ReportedOutput[] = outputs) =>
    publish(storage, run, folder, PRESET, {
      type: 'result',
      runId: run,
      outcome: 'succeeded',
      pipelineVersion: 3,
      outputs: [...reported],
      description: DESCRIPTION,
      privacy: { found: [], removed: [] },
      rssBytes: 1,
      peakRssBytes: 1,
    });
  return { storage, folder, run, outputs, publishThese, victim: join(folder, 'thumb.webp') };
}

async function writeOutput(folder: string, name: string, format: OutputFormat): Promise<ReportedOutput> {
  const content = `${name} as ${format}`;
  await writeFile(join(folder, variantFileName({ name, format })), content);
  return { name, format, width: 10, height: 10, bytes: content.length, frames: 1 };
}

describe('publishing the outputs of a run', () => {
  test('copies each, and describes it by what was copied', async () => {
    const { storage, run, outputs, publishThese } = await finishedRun();
    const manifest = await publishThese();
    expect(manifest).toEqual({
      pipelineVersion: 3,
      variants: outputs.map((output) => ({
        ...output,
        sha256: sha256Of(`${output.name} as ${output.format}`),
      })),
      description: DESCRIPTION,
      privacy: { found: [], removed: [] },
    });
    const bytes = await storage.readVariant(run, 'thumb.webp');
    expect(bytes && (await text(bytes))).toBe('thumb as webp');
  });

  test('leaves alone what was not reported', async () => {
    const { storage, folder, run, publishThese } = await finishedRun();
    await writeFile(join(folder, 'page.html'), '<script>');
    await publishThese();
    expect(await storage.readVariant(run, 'page.html')).toBeNull();
  });
});

describe('nothing is published, and the output is called bad, when', () => {
  const spoilt: [string, (victim: string) => Promise<unknown> | unknown][] = [
    ['a file is longer than reported', (victim) => writeFile(victim, 'thumb as webp and more')],
    ['a file is shorter than reported', (victim) => truncate(victim, 3)],
    ['a file is missing', (victim) => unlink(victim)],
  ];

  test.each(spoilt)('%s', async (_, spoil) => {
    const { storage, victim, publishThese } = await finishedRun();
    await spoil(victim);
    await expect(publishThese()).rejects.toThrow(BadOutput);
    expect(await storage.listPublished()).toEqual([]);
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
    expect(await storage.listPublished()).toEqual([]);
  });

  test.each(imposters)('in the place of a file is, with its size reported, %s', async (_, make) => {
    const { storage, outputs, victim, publishThese } = await finishedRun();
    await unlink(victim);
    await make(victim);
    const { size } = await stat(victim);
    const reported = outputs.map((it) =>
      variantFileName(it) === 'thumb.webp' ? { ...it, bytes: size } : it,
    );
    await expect(publishThese(reported)).rejects.toThrow(BadOutput);
    expect(await storage.listPublished()).toEqual([]);
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
      'an output has another name than was asked for',
      (outputs) => outputs.map((it) => ({ ...it, name: it.name === 'thumb' ? 'tiny' : it.name })),
    ],
  ];

  test.each(misreported)('%s', async (_, misreport) => {
    const { storage, outputs, publishThese } = await finishedRun();
    await expect(publishThese(misreport(outputs))).rejects.toThrow(BadOutput);
    expect(await storage.listPublished()).toEqual([]);
  });
});
