import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { JobId } from '../../../shared/domain/ids.ts';
import { hasEnded, type JobState } from '../../../shared/domain/job.ts';
import type { Work } from '../../../shared/jobs/records.ts';
import { SqliteJobStore } from '../../../shared/jobs/sqlite/sqlite-job-store.ts';
import { JFIF, jpeg, jpegFrameHeader } from '../../fixtures/headers/jpeg.ts';
import { watchFiles } from '../../helpers/file-changes.ts';
import { ownFolder } from '../../helpers/own-folder.ts';
import { partsInProcess } from '../../helpers/parts-in-process.ts';
import { Accepted } from '../../helpers/upload.ts';
import { DIES, rejects, variantMaker } from '../../helpers/variant-maker.ts';
import { Journal } from './journal.ts';

/** What becomes of an upload is in its bytes; equal ones share a run. The large one does not fit into memory. */
export type Picture = 'good' | 'large' | 'bad' | 'kills once' | 'deleted' | 'loses its image' | 'waits';

const LARGE_BYTES = 300_000;

/** What a client has been told. */
export type News =
  | { what: 'accepted'; image: string; job: string; key: string; picture: Picture }
  | { what: 'ended'; job: string; state: JobState }
  | { what: 'to be deleted' | 'deleted'; image: string };

/** After so many entries of the journal. */
export type Told = { after: number } & News;

const made = new Map<Picture, Buffer>();

/** Always the same buffer, which is not to be changed. */
export function bytesOf(picture: Picture): Buffer {
  const bytes = made.get(picture) ?? makePicture(picture);
  made.set(picture, bytes);
  return bytes;
}

function makePicture(picture: Picture): Buffer {
  const bytes = Buffer.from(jpeg(JFIF, jpegFrameHeader(64, 48), picture));
  return picture === 'large' ? Buffer.concat([bytes, Buffer.alloc(LARGE_BYTES, 'pixels')]) : bytes;
}

export const withKey = (key: string) => ({ 'idempotency-key': `"${key}"` });

/** A day of the service, from its first boot on: uploads come, are run, and some are deleted. */
export async function recordedDay(pictures: readonly Picture[]) {
  const root = await ownFolder();
  const journal = new Journal(root);
  watchFiles(journal);
  const sqlite = await SqliteJobStore.open(join(await ownFolder(), 'jobs.db'));
  onTestFinished(() => sqlite.close());
  const told: Told[] = [];
  const tell = (news: News) => told.push({ ...news, after: journal.length });

  let kills = 1;
  let losses = 1;
  const worker = variantMaker(async (message, original) => {
    if (original.includes('bad')) return rejects(message);
    if (original.includes('kills once') && kills-- > 0) return DIES;
    if (original.includes('loses its image') && losses-- > 0) await remove(message.imageId);
    return undefined;
  });
  const { post, run, delete: send, queue } = await partsInProcess(root, journal.storeOf(sqlite), worker);

  async function accept(picture: Picture, index: number) {
    const key = `key ${index}`;
    const answer = Accepted.parse(await (await post(bytesOf(picture), withKey(key))).json());
    const accepted = { picture, key, image: answer.id, job: answer.links.job.replace('/jobs/', '') };
    tell({ what: 'accepted', ...accepted });
    return accepted;
  }

  async function remove(image: string): Promise<void> {
    tell({ what: 'to be deleted', image });
    expect((await send(image)).status).toBe(204);
    tell({ what: 'deleted', image });
  }

  const uploads = await Promise.all(pictures.map(accept));
  const waits = new Set(uploads.filter(({ picture }) => picture === 'waits').map(({ job }) => job));
  const runToEnd = async (work: Work) => {
    if (waits.has(work.jobId)) return;
    while ((await run(work)).kind === 'again');
    for (const { job } of uploads) {
      const state = (await sqlite.findJob(JobId.parse(job)))?.job.state;
      if (state && hasEnded(state)) tell({ what: 'ended', job, state });
    }
  };
  while (queue.works.length > 0) await Promise.all(queue.works.splice(0).map(runToEnd));
  const deleted = uploads.find(({ picture }) => picture === 'deleted');
  if (deleted) await remove(deleted.image);
  watchFiles({});
  return { entries: journal.entries, told };
}
