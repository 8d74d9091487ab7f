import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { SpoolMemory } from '../../server/intake/spool-memory.ts';
import { PART_BYTES, PartWriter } from '../../server/resumable/part-writer.ts';
import { ImageId, newHoldId, newImageId, newUploadId } from '../../shared/domain/ids.ts';
import type { UploadPart } from '../../shared/domain/resumable.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import { openDatabase } from '../../shared/jobs/sqlite/open.ts';
import { DiskParts } from '../../shared/storage/disk/disk-parts.ts';
import { DiskStorage } from '../../shared/storage/disk/disk-storage.ts';
import { partName } from '../../shared/storage/upload-parts.ts';
import { seededRandom } from '../fixtures/headers/seeded-random.ts';
import { watchFiles } from '../helpers/file-changes.ts';
import { inlineJobStore } from '../helpers/inline-job-store.ts';
import { ownFolder } from '../helpers/own-folder.ts';
import { boot } from './power-cut/boot.ts';
import { type Picture, recordedDay } from './power-cut/day.ts';
import { digestOf, PowerCut } from './power-cut/disks.ts';
import { type Entry, Journal } from './power-cut/journal.ts';

vi.mock('node:fs/promises', async (original) => {
  const { watched } = await import('../helpers/file-changes.ts');
  return watched(await original());
});

/** What comes at the same time. */
const DAYS: [name: string, pictures: Picture[]][] = [
  ['two uploads, one of them too large for memory', ['good', 'large']],
  ['one that is bad and one that waits', ['bad', 'waits']],
  ['one that kills its worker once', ['kills once']],
  ['one that is deleted when it is ready', ['deleted']],
  ['one that is deleted during its run', ['loses its image']],
  ['two that share a set, one of which is deleted', ['deleted', 'deleted']],
  ['two that share a run, which loses its image', ['loses its image', 'loses its image']],
];

/** Of each prefix, beyond the four that are the limits of what there may be. */
const RANDOM_DISKS = 2;

const HELD_MS = 200;

describe('whatever a power cut leaves, the next boot has all that was accepted, and nothing by halves', () => {
  test.for(DAYS)('%s', { timeout: 120_000 }, async ([, pictures], { annotate }) => {
    const { entries, told } = await recordedDay(pictures);
    const databases = await databasesOf(entries);
    const cut = new PowerCut(entries);
    const random = seededRandom(20_261_124);
    const root = join(await ownFolder(), 'root');
    /** Whether the work was done as well, by the disk and what is known of it. */
    const seen = new Map<string, boolean>();
    for (let length = 0; length <= entries.length; length++) {
      const known = told.filter(({ after }) => after <= length);
      for (const [nth, { what, disk }] of cut.disksAfter(length, random, RANDOM_DISKS).entries()) {
        // To do the work as well takes long.
        const isWorked = nth < 2;
        const key = `${digestOf(disk)} ${known.length}`;
        // To see a disk worked is to see all of it.
        if (seen.get(key) || (seen.has(key) && !isWorked)) continue;
        seen.set(key, isWorked);
        await boot(root, disk, databases[disk.calls] ?? '', known, isWorked).catch((cause: Error) => {
          const last = `up to ${nameOf(entries[length - 1])}`;
          throw new Error(`${what} after ${length} entries, ${last}: ${cause.message}`, { cause });
        });
      }
    }
    await annotate(`${entries.length + 1} prefixes, ${seen.size} disks`);
    expect(entries.length).toBeGreaterThan(30);
  });
});

test('an original is safe though another upload is just making the folder that it lies in', async () => {
  const root = await ownFolder();
  const journal = new Journal(root);
  watchFiles(journal);
  const storage = await DiskStorage.open(root);
  const isSyncing = Promise.withResolvers<void>();
  const hold = Promise.withResolvers<void>();
  watchFiles({
    async begins(change) {
      journal.begins(change);
      if (change.kind !== 'sync' || change.path !== join(root, 'originals')) return;
      isSyncing.resolve();
      await hold.promise;
    },
    made: (change) => journal.made(change),
  });

  async function keep(): Promise<{ path: string; after: number }> {
    const id = ImageId.parse(`ab${newImageId().slice(2)}`);
    const received = join(storage.spoolPath, id);
    await writeFile(received, 'picture');
    await storage.keepOriginal(id, received);
    return { path: join('originals', 'ab', id), after: journal.length };
  }
  const first = keep();
  await isSyncing.promise;
  const second = keep();
  // It has to wait for the other one, and who does not is done long before.
  await Promise.race([second, sleep(HELD_MS)]);
  hold.resolve();
  for (const { path, after } of await Promise.all([first, second])) {
    const { files } = new PowerCut(journal.entries).safeAfter(after);
    expect(files.get(path)?.toString()).toBe('picture');
  }
});

test('of an upload that comes in several requests, what is named is safe', async () => {
  const root = await ownFolder();
  const journal = new Journal(root);
  watchFiles(journal);
  const [parts, spoolPath] = [await DiskParts.open(root), join(root, 'spool')];
  await mkdir(spoolPath);
  const named: { parts: readonly UploadPart[]; after: number }[] = [];
  const store = {
    addToUpload: async (_: unknown, __: unknown, parts: readonly UploadPart[]) =>
      named.push({ parts, after: journal.length }) > 0,
  } as unknown as JobStore;
  const upload = { id: newUploadId(), bytes: 3 * PART_BYTES, received: 0, parts: [] } as never;
  const spoolMemory = new SpoolMemory();
  const writer = new PartWriter(upload, newHoldId(), { store, parts, spoolPath, spoolMemory }, false);
  for (let part = 0; part < 5; part++) await writer.write(Buffer.alloc(PART_BYTES / 2, part));
  await writer.finish();
  expect(named).toHaveLength(3);
  for (const { parts, after } of named) {
    const { files } = new PowerCut(journal.entries).safeAfter(after);
    const sizes = new Map([...files].map(([path, bytes]) => [basename(path), bytes.length]));
    for (const part of parts) expect(sizes.get(partName(part))).toBe(part.bytes);
  }
});

/** Databases that hold the first calls of the journal: none of them, one, two, and so on. */
async function databasesOf(entries: readonly Entry[]): Promise<string[]> {
  const folder = await ownFolder();
  const database = await openDatabase(join(folder, 'jobs.db'));
  const store = inlineJobStore(database);
  const copies: string[] = [];
  const copy = () => {
    const path = join(folder, `after-${copies.length}.db`);
    database.raw.exec(`VACUUM INTO '${path}'`);
    copies.push(path);
  };
  copy();
  for (const entry of entries) {
    if (entry.kind !== 'call') continue;
    await Reflect.apply(store[entry.name], store, entry.args);
    copy();
  }
  database.raw.close();
  return copies;
}

function nameOf(entry: Entry | undefined): string {
  if (!entry) return 'none';
  const { kind, ...rest } = entry;
  const shown = Object.values(rest).filter((value) => typeof value !== 'object');
  return [kind, ...shown].join(' ');
}
