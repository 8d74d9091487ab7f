import { expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.ts';
import { paddedPicture } from '../helpers/padded-picture.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { startService } from '../helpers/service.ts';
import { storesOf } from '../helpers/stores.ts';
import { TusRequests } from '../helpers/tus-requests.ts';

test('an upload whose time is over is at an end, its place is free, and nothing of it is left', async () => {
  const env = { N_WORKERS: '1', RESUMABLE_TTL_S: '6', MAX_RESUMABLE_UPLOADS: '1' };
  await using first = await startService({ env });
  const tus = new TusRequests(first);
  const picture = new Uint8Array(await paddedPicture(2_000_000));
  const url = await tus.opened(picture.length);
  await tus.add(url, 0, picture.subarray(0, 1_500_000));
  await eventually('its end', async () => (await tus.head(url)).status === 410);
  await expectProblem(await tus.add(url, 1_500_000, picture.subarray(1_500_000)), 'upload_ended');
  await tus.end(await tus.opened(1));

  const stores = await storesOf(first);
  expect((await stores.parts()).size).toBeGreaterThan(0);
  first.process.kill('SIGTERM');
  expect(await first.exited).toEqual({ code: 0, signal: null });
  // Each process looks after them when it starts, and every minute.
  await using next = await startService({ env, folder: first.folder });
  await eventually('nothing is left', async () => (await stores.parts()).size === 0);
  expect((await new TusRequests(next).head(url)).status).toBe(404);
});

test('a drain ends a request, keeps what has come of it, and the next process goes on', async () => {
  const env = { N_WORKERS: '1' };
  await using first = await startService({ env });
  const picture = new Uint8Array(await paddedPicture(2_000_000));
  const url = await new TusRequests(first).opened(picture.length);
  const sent = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(picture.subarray(0, 1_200_000));
      await sent.promise;
      controller.close();
    },
  });
  const headers = {
    'tus-resumable': '1.0.0',
    'upload-offset': '0',
    'content-type': 'application/offset+octet-stream',
  };
  const half = { method: 'PATCH', headers, body, duplex: 'half' } as const;
  const answer = fetch(new URL(url, first.url), half).catch(() => null);
  const stores = await storesOf(first);
  await eventually('its first part', async () => (await stores.parts()).size > 0);
  first.process.kill('SIGTERM');
  const told = await answer;
  if (told) expect(told.status).toBe(503);
  sent.resolve();
  expect(await first.exited).toEqual({ code: 0, signal: null });

  await using next = await startService({ env, folder: first.folder });
  const tus = new TusRequests(next);
  const offset = await tus.offsetOf(url);
  expect(offset, 'to the last byte').toBe(1_200_000);
  expect((await tus.add(url, offset, picture.subarray(offset))).headers.get('darkroom-image')).not.toBeNull();
});
