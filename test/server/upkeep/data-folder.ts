import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { recover } from '../../../server/upkeep/recovery.ts';
import type { RunId } from '../../../shared/domain/ids.ts';
import type { RunStart } from '../../../shared/jobs/records.ts';
import { openDatabase } from '../../../shared/jobs/sqlite/open.ts';
import { DiskStorage } from '../../../shared/storage/disk/disk-storage.ts';
import { inlineJobStore } from '../../helpers/inline-job-store.ts';
import { type NewUpload, newStart, newUpload } from '../../helpers/job-records.ts';
import { ownFolder } from '../../helpers/own-folder.ts';
import { putFiles } from '../../helpers/put-files.ts';
import { recordingLog } from '../../helpers/recording-log.ts';

export const AT_ONCE = 2;

/** A data folder with what an earlier process has done in it. */
export async function dataFolder() {
  const folder = await ownFolder();
  const database = await openDatabase(join(folder, 'jobs.db'));
  onTestFinished(() => database.raw.close());
  const store = inlineJobStore(database);
  const storage = await DiskStorage.open(join(folder, 'storage'));
  const { log, lines } = recordingLog();

  async function keepOriginal({ image }: Pick<NewUpload, 'image'>): Promise<void> {
    const received = join(storage.spoolPath, image.id);
    await writeFile(received, `original of ${image.id}`);
    await storage.keepOriginal(image.id, received);
  }

  /** As the intake does: first the file, then the row. */
  async function accept(createdAt = 1_000): Promise<NewUpload> {
    const upload = newUpload({ image: { createdAt } });
    await keepOriginal(upload);
    await store.acceptUpload(upload);
    return upload;
  }

  async function start({ job }: NewUpload): Promise<RunStart> {
    const run = newStart(job);
    await store.startRun(run);
    return run;
  }

  const publish = (runId: RunId) => putFiles(storage, runId, { 'thumb.jpg': 'a variant' });

  return {
    store,
    storage,
    lines,
    keepOriginal,
    accept,
    start,
    publish,
    recover: () => recover(store, storage, storage.spoolPath, AT_ONCE, log),
  };
}
