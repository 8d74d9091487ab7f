import { expect } from 'vitest';
import { z } from 'zod';
import { imagePath } from '../../testdata/expected.ts';
import { answerOf, digestOf } from '../../testdata/releases/live.ts';
import type { Lived } from '../../testdata/releases/release.ts';
import { jobOf, outcomesOf } from './aftermath.ts';
import { expectProblem } from './problem-answer.ts';
import type { RunningService } from './service.ts';
import { endOf, upload } from './upload.ts';

const Similar = z.object({ similar: z.array(z.looseObject({ id: z.string() })) });

/** What a service of today answers, on what one of a release has left: all that was said then, and more where there is more to say. */
export async function expectCarriedOn(service: RunningService, lived: Lived): Promise<void> {
  for (const [path, said] of Object.entries(lived.answers))
    expect(await answerOf(service, path), path).toMatchObject(said);
  for (const [path, sha256] of Object.entries(lived.files))
    expect([path, await digestOf(service, path)]).toEqual([path, sha256]);
  const { shown, alike, deleted, running, waiting } = lived.images;
  const { similar } = Similar.parse(await answerOf(service, `${shown.links.self}/similar`));
  expect(similar.map(({ id }) => id)).toContain(alike.id);
  await expectProblem(await service.fetch(deleted.links.self), 'deleted');

  for (const one of [running, waiting])
    expect(await endOf(service, { ...one, status: 'queued' })).toMatchObject({ status: 'succeeded' });
  expect(outcomesOf(await jobOf(service, { ...running, status: 'queued' }))).toEqual([
    'interrupted',
    'succeeded',
  ]);
  const added = await upload(service, imagePath('p3.jpg'));
  expect(await endOf(service, added)).toMatchObject({ status: 'succeeded' });
}
