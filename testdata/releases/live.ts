import { createHash } from 'node:crypto';
import { z } from 'zod';
import { faultPicture } from '../../test/fixtures/fault-pictures.ts';
import { eventually } from '../../test/helpers/eventually.ts';
import { Freezer } from '../../test/helpers/freezer.ts';
import { imageOf } from '../../test/helpers/image-answer.ts';
import type { RunningService } from '../../test/helpers/service.ts';
import { Accepted, endOf, newPicture, postImage, upload } from '../../test/helpers/upload.ts';
import { imagePath } from '../expected.ts';
import { type Lived, VERSION } from './release.ts';

/** How the service has to be started: with the workers of the tests, which die of some pictures. */
export const ENVIRONMENT = { N_WORKERS: '1', QUEUE_DEPTH: '8', RESUMABLE_TTL_S: String(7 * 86_400) };

/** Of some hundred bytes, and so are its variants. */
const SMALL = imagePath('p3.jpg');

const FIELDS = { metadata: '{"listing":"4711"}', focus: '0.25,0.5' };
const PART = Buffer.from('the first part of a picture that never came');

/** Brings a service to have something in every state that can be on a disk, and kills it in the middle of its work. */
export async function live(service: RunningService): Promise<Lived> {
  const bytes = await newPicture(SMALL);
  const shown = Accepted.parse(
    await (await postImage(service, bytes, FIELDS, { 'idempotency-key': '"of a release"' })).json(),
  );
  await endOf(service, shown);
  const twin = Accepted.parse(await (await postImage(service, bytes, FIELDS)).json());
  const alike = await upload(service, SMALL);
  const failed = await upload(service, imagePath('frame_outside.gif'));
  const quarantined = await upload(service, faultPicture('SIGSEGV', { runs: 2 }));
  const deleted = await upload(service, SMALL);
  for (const one of [twin, alike, failed, quarantined, deleted]) await endOf(service, one);
  await service.fetch(deleted.links.self, { method: 'DELETE' });
  await openResumable(service);

  const ended = { shown, twin, alike, failed, quarantined };
  const { answers, files } = await saidOf(service, Object.values(ended));
  const unended = await killAtWork(service);
  return {
    version: VERSION,
    images: { ...ended, deleted, ...unended },
    answers,
    files,
  };
}

/** One that has begun to come, by tus. */
async function openResumable(service: RunningService): Promise<void> {
  const tus = { 'tus-resumable': '1.0.0' };
  const opened = await service.fetch('/files', {
    method: 'POST',
    headers: { ...tus, 'upload-length': String(2 * PART.length) },
  });
  await service.fetch(opened.headers.get('location') ?? '', {
    method: 'PATCH',
    headers: { ...tus, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
    body: PART,
  });
}

async function saidOf(service: RunningService, uploads: readonly Accepted[]) {
  const answers: Lived['answers'] = {};
  const files: Lived['files'] = {};
  for (const accepted of uploads) {
    for (const path of [accepted.links.self, accepted.links.job])
      answers[path] = await answerOf(service, path);
    for (const { url } of (await imageOf(service, accepted)).variants)
      files[url] = await digestOf(service, url);
  }
  for (const path of ['/quarantine', '/images?metadata=listing%3A4711'])
    answers[path] = await answerOf(service, path);
  return { answers, files };
}

/** @throws {Error} where it is a refusal */
export async function answerOf(service: RunningService, path: string) {
  const answer = await service.fetch(path);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path} is answered with ${answer.status}: ${text}`);
  return z.looseObject({}).parse(JSON.parse(text));
}

export async function digestOf(service: RunningService, path: string): Promise<string> {
  const body = Buffer.from(await (await service.fetch(path)).arrayBuffer());
  return createHash('sha256').update(body).digest('hex');
}

async function killAtWork(service: RunningService) {
  await using _frozen = await Freezer.hold(service);
  const running = await upload(service, SMALL);
  await eventually('a run', async () => (await answerOf(service, running.links.job)).status === 'running');
  const waiting = await upload(service, SMALL);
  service.process.kill('SIGKILL');
  await service.exited;
  return { running, waiting };
}
