import { expect, test } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { expectCleanEnd } from '../helpers/aftermath.ts';
import { eventually } from '../helpers/eventually.ts';
import { bytesOf, imageOf } from '../helpers/image-answer.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { storesOf } from '../helpers/stores.ts';
import { type Accepted, endOf, upload } from '../helpers/upload.ts';

const SMALL = imagePath('testimage_small.jpg');
const KILLS = 2;
const UPLOADS_A_LIFE = 3;

test('kills of the service while originals are removed leave none, and take none that is needed', async () => {
  const env = { KEEP_ORIGINALS: 'never', QUEUE_DEPTH: '8' };
  let service: RunningService = await startService({ env });
  const accepted: Accepted[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    for (let count = 0; count < UPLOADS_A_LIFE; count++) accepted.push(await upload(service, SMALL));
    // It is removed in the next moment; the others are waited for, or run.
    await service.logged(({ msg, status }) => msg === 'run settled' && status === 'succeeded');
    service.process.kill('SIGKILL');
    await service.exited;
    const { folder } = service;
    service = await startService({ env, folder });
  }
  await using last = service;
  let variantBytes = 0;
  for (const one of accepted) {
    expect(await endOf(last, one)).toMatchObject({ status: 'succeeded' });
    const { variants } = await imageOf(last, one);
    for (const variant of variants) expect((await bytesOf(last, variant)).length).toBe(variant.bytes);
    variantBytes += variants.reduce((sum, { bytes }) => sum + bytes, 0);
  }
  const stores = await storesOf(last);
  // A cluster leaves what a kill has left for its sweep, which comes an hour later.
  await eventually('the originals that rows keep to be removed', async () => {
    const said = await Promise.all(accepted.map((one) => imageOf(last, one)));
    return said.every(({ original }) => (original as { kept: boolean }).kept === false);
  });
  expect(await (await last.fetch('/usage')).json(), 'what is counted is what is there').toMatchObject({
    images: accepted.length,
    originalBytes: 0,
    variantBytes,
  });
  await expectCleanEnd(last);
  await stores.sweep();
  expect(await stores.originals()).toEqual([]);
}, 120_000);
