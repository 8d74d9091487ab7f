import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Purge } from '../../shared/domain/announcement.ts';
import { imagePath } from '../../testdata/expected.ts';
import { eventually } from '../helpers/eventually.ts';
import { imageOf } from '../helpers/image-answer.ts';
import { dataFolder, type RunningService, startService } from '../helpers/service.ts';
import { type Accepted, endOf, upload } from '../helpers/upload.ts';
import { WebhookReceiver } from '../helpers/webhook-receiver.ts';

const remove = (service: RunningService, { links }: Accepted) =>
  service.fetch(links.self, { method: 'DELETE' });

test('a purge is told when it cannot be at first, when the service is killed over it, and to no other address', async () => {
  await using receiver = await WebhookReceiver.listen();
  await using other = await WebhookReceiver.listen();
  const folder = await dataFolder();
  const secretPath = join(folder, 'purge.secret');
  await writeFile(secretPath, `${receiver.secret}\n`);
  const env = { PURGE_URL: receiver.url, PURGE_SECRET_FILE: secretPath };
  const first = await startService({ folder, env });
  const images: Accepted[] = [];
  for (let n = 0; n < 3; n++) {
    const image = await upload(first, imagePath('tiny_1x1.png'));
    await endOf(first, image);
    images.push(image);
  }
  const [refused, redirected, killed] = images as [Accepted, Accepted, Accepted];
  const { variants } = await imageOf(first, refused);
  const toldOf = ({ id }: Accepted) =>
    receiver.received.filter(({ body }) => Purge.parse(JSON.parse(body)).image === id);

  receiver.answering = (_, answer) =>
    answer.writeHead(receiver.received.length === 1 ? 500 : 204).end('not now');
  await remove(first, refused);
  await eventually('a second try', () => toldOf(refused).length === 2);
  const [one, again] = toldOf(refused);
  expect(again).toEqual(one);
  expect(one?.isSigned).toBe(true);
  const { reason, urls } = Purge.parse(JSON.parse(one?.body ?? ''));
  expect(reason).toBe('deleted');
  expect(urls).toEqual(expect.arrayContaining(variants.map(({ url }) => url)));
  expect(urls).toContain(`/images/${refused.id}/thumb.webp`);
  expect(urls).toContain(`/images/${refused.id}/thumb`);

  receiver.answering = (_, answer) => answer.writeHead(307, { location: other.url }).end();
  await remove(first, redirected);
  await eventually('a refusal of the redirect', () =>
    first.lines.some(({ why }) => why === 'it answered with 307'),
  );

  // It is asked, and does not answer.
  receiver.answering = () => {};
  await remove(first, killed);
  await eventually('the call', () => toldOf(killed).length === 1);
  first.process.kill('SIGKILL');
  await first.exited;
  receiver.answering = (_, answer) => answer.writeHead(204).end();
  await using second = await startService({ folder, env });
  await eventually('what was told before the kill', () => toldOf(killed).length === 2);
  await eventually('what was redirected', () => toldOf(redirected).length >= 2);
  expect(other.received).toEqual([]);
  expect(JSON.stringify([...first.lines, ...second.lines])).not.toContain(new URL(receiver.url).host);
  const { untold } = await eventually('nothing is left', async () => {
    const metrics = await (await second.fetch('/metrics')).text();
    return /darkroom_outbox_messages 0\n/.test(metrics) && { untold: metrics };
  });
  expect(untold).toMatch(/darkroom_outbox_deliveries_total\{topic="purge",outcome="delivered"\} 2/);
  second.process.kill('SIGTERM');
  expect(await second.exited).toEqual({ code: 0, signal: null });
  await rm(folder, { recursive: true, force: true });
});
