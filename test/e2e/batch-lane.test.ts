import { expect, it } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { freezeWorkers, thaw } from '../helpers/processes.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { Accepted, endOf, newPicture, upload } from '../helpers/upload.ts';

const TINY = imagePath('tiny_1x1.png');

const send = async (service: RunningService, lane: string) =>
  service.fetch(`/upload?lane=${lane}`, {
    method: 'POST',
    headers: { 'content-type': 'image/png' },
    body: await newPicture(TINY),
  });

it('the batch lane takes uploads while the workers are busy, up to its depth, and they come last', async () => {
  await using service = await startService({
    env: { N_WORKERS: '1', BATCH_DEPTH: '1', HANDOFF_TIMEOUT_MS: '0' },
  });
  const frozen = await freezeWorkers(service);
  // Among nodes it takes a moment until all know that the workers of this one are ready.
  const first = await upload(service, TINY);
  await expectProblem(await send(service, 'interactive'), 'no_worker');

  const batch = Accepted.parse(await (await send(service, 'batch')).json());
  expect(await (await service.fetch(batch.links.job)).json()).toMatchObject({
    status: 'queued',
    isBatch: true,
  });
  const refused = await send(service, 'batch');
  await expectProblem(refused, 'no_worker');
  expect(refused.headers.get('retry-after')).toBe('10');

  frozen.forEach(thaw);
  for (const each of [first, batch])
    expect(await endOf(service, each)).toMatchObject({ status: 'succeeded' });
});

it('a lane that there is not is refused', async () => {
  await using service = await startService();
  await expectProblem(await send(service, 'express'), 'bad_parameter');
});
