import { openAsBlob } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { RunningService } from './service.ts';
import { uniqueTrailer } from './unique-bytes.ts';

export const Accepted = z.object({
  id: z.uuid(),
  status: z.string(),
  links: z.object({ self: z.string(), job: z.string() }),
});
export type Accepted = z.infer<typeof Accepted>;

/** Sends a file, or bytes, as a form does, and gives the raw answer. */
export async function postImage(
  service: RunningService,
  picture: string | Uint8Array<ArrayBuffer>,
  fields: Record<string, string> = {},
  headers: Record<string, string> = {},
): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  const blob = typeof picture === 'string' ? await openAsBlob(picture) : new Blob([picture]);
  form.set('image', blob, 'photo');
  return service.fetch('/upload', { method: 'POST', body: form, headers });
}

/** A picture that looks like this file, and that nobody has sent before. */
export const newPicture = async (path: string) => Buffer.concat([await readFile(path), uniqueTrailer()]);

/** Sends a file as a picture of its own, or bytes just as they are, until it is accepted: what a client does with 503. */
export async function upload(
  service: RunningService,
  picture: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Accepted> {
  const own = typeof picture === 'string' ? await newPicture(picture) : picture;
  while (true) {
    const answer = await postImage(service, own, {}, headers);
    if (answer.status === 200) return Accepted.parse(await answer.json());
    const text = await answer.text();
    if (answer.status !== 503) throw new Error(`refused with ${answer.status}: ${text}`);
    await sleep(50);
  }
}

/** Not every end is that of a run: a job may be cancelled as well. */
const ASK_AGAIN_MS = 100;

/** The job of an accepted upload when it has ended; asks again when a run has, and now and then, as clients do. */
export async function endOf(service: RunningService, accepted: Accepted): Promise<JobAnswer> {
  while (true) {
    const from = service.lines.length;
    const job = JobAnswer.parse(await (await service.fetch(accepted.links.job)).json());
    if (job.status !== 'queued' && job.status !== 'running') return job;
    // Where the service ends meanwhile, to ask it fails.
    const settled = service.logged('run settled', from).catch(() => {});
    await Promise.race([settled, sleep(ASK_AGAIN_MS)]);
  }
}

export const JobAnswer = z.looseObject({
  id: z.string(),
  imageId: z.string(),
  status: z.string(),
  failure: z.string().nullable(),
  runs: z.array(
    z.looseObject({ outcome: z.string().nullable(), workerPid: z.number(), signal: z.string().nullable() }),
  ),
});
export type JobAnswer = z.infer<typeof JobAnswer>;
