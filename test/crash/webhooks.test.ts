import { rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { eventually } from '../helpers/eventually.ts';
import { dataFolder, type RunningService, startService } from '../helpers/service.ts';
import { type Accepted, endOf, upload } from '../helpers/upload.ts';
import { type Received, WebhookReceiver } from '../helpers/webhook-receiver.ts';
import { endpointOf, eventOf, writeWebhooks } from '../helpers/webhooks-file.ts';

/** On many nodes a killed one gives back what it was at when its leases have run out. */
const PATIENCE_MS = 40_000;

/** What an endpoint does the first time that it is told of an image; from then on it takes what comes. */
const FIRST: Record<string, (answer: ServerResponse, other: string) => unknown> = {
  well: (answer) => answer.writeHead(204).end(),
  fails: (answer) => answer.writeHead(500).end('not now'),
  hangs: () => {},
  'breaks-off': (answer) => answer.destroy(),
  redirects: (answer, other) => answer.writeHead(307, { location: other }).end(),
  limits: (answer) => answer.writeHead(429, { 'retry-after': '1' }).end(),
};
const NAMES = Object.keys(FIRST);

/** What has come to endpoints, and which of it they have taken. */
class Log {
  readonly all: { endpoint: string; image: string; type: string; id: string; isTaken: boolean }[] = [];

  add({ path, id, ...received }: Received, isTaken: boolean): void {
    const { type, data } = eventOf({ path, id, ...received });
    this.all.push({ endpoint: path.slice(1), image: data.imageId, type, id, isTaken });
  }

  of(endpoint: string, image?: string) {
    return this.all.filter((it) => it.endpoint === endpoint && (image === undefined || it.image === image));
  }

  has(endpoint: string, image: string, type: string): boolean {
    return this.of(endpoint, image).some((it) => it.type === type && it.isTaken);
  }
}

const remove = (service: RunningService, { links }: Accepted) =>
  service.fetch(links.self, { method: 'DELETE' });

test('each event comes at least once, signed and in the order of its image, whatever endpoints do and whoever is killed', async () => {
  await using receiver = await WebhookReceiver.listen();
  await using other = await WebhookReceiver.listen();
  const folder = await dataFolder();
  const endpoint = (id: string) => ({
    id,
    url: receiver.at(`/${id}`),
    secrets: [receiver.secret],
    allowPrivate: true,
  });
  const WEBHOOKS_FILE = await writeWebhooks(folder, [...NAMES, 'gone'].map(endpoint));
  const log = new Log();
  let isGone = true;
  let isCalm = false;
  receiver.answering = (received, answer) => {
    const name = received.path.slice(1);
    const isFirst = log.of(name, eventOf(received).data.imageId).length === 0;
    const isRefused = name === 'gone' ? isGone : isFirst && !isCalm && name !== 'well';
    log.add(received, !isRefused);
    if (!isRefused) answer.writeHead(204).end();
    else if (name === 'gone') answer.writeHead(410).end();
    else FIRST[name]?.(answer, other.at('/elsewhere'));
  };

  let service = await startService({ folder, env: { WEBHOOKS_FILE } });
  const restart = async () => {
    service.process.kill('SIGKILL');
    await service.exited;
    service = await startService({ folder, env: { WEBHOOKS_FILE } });
  };
  const images: Accepted[] = [];
  const accept = async () => {
    const image = await upload(service, imagePath('tiny_1x1.png'));
    images.push(image);
    await endOf(service, image);
    return image;
  };
  const first = await accept();
  await eventually('all were asked', () =>
    [...NAMES, 'gone'].every((name) => log.of(name, first.id).length > 0),
  );
  await remove(service, first);
  await restart();
  const second = await accept();
  await eventually('the one that hangs was asked', () => log.of('hangs', second.id).length > 0, PATIENCE_MS);
  await remove(service, second);
  isCalm = true;
  await accept();
  await restart();

  const deleted = [first, second];
  await eventually(
    'all of it is taken',
    () =>
      NAMES.every(
        (name) =>
          images.every(({ id }) => log.has(name, id, 'image.ready')) &&
          deleted.every(({ id }) => log.has(name, id, 'image.changed') && log.has(name, id, 'image.deleted')),
      ),
    PATIENCE_MS,
  );
  expect(await endpointOf(service, 'gone')).toMatchObject({
    disabled: { why: 'it answered with 410' },
    waiting: 7,
  });
  const refusals = log.of('gone').length;
  isGone = false;
  await service.fetch('/webhooks/gone/enable', { method: 'POST' });
  await eventually('it goes on', () => log.has('gone', second.id, 'image.deleted'), PATIENCE_MS);
  // Nobody has asked it again after the kills.
  expect(refusals).toBe(1);

  for (const name of [...NAMES, 'gone'])
    for (const { id } of deleted) {
      const told = log.of(name, id);
      const taken = told.findIndex(({ type, isTaken }) => type === 'image.ready' && isTaken);
      const end = told.findIndex(({ type }) => type === 'image.deleted');
      expect(taken, name).toBeGreaterThanOrEqual(0);
      expect(end, name).toBeGreaterThan(taken);
      // One message, one id, however often it came.
      for (const type of ['image.ready', 'image.changed', 'image.deleted'])
        expect(new Set(told.filter((it) => it.type === type).map((it) => it.id)).size).toBe(1);
    }
  expect(receiver.received.every(({ isSigned }) => isSigned)).toBe(true);
  expect(other.connections).toBe(0);

  service.process.kill('SIGTERM');
  expect(await service.exited).toEqual({ code: 0, signal: null });
  await rm(folder, { recursive: true, force: true });
}, 90_000);
