import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { reprocessClient } from '../../../server/cli/reprocess-client.ts';
import { readSettings } from '../../../server/cli/reprocess-settings.ts';
import { OutOfReach, Refused } from '../../../server/cli/service-client.ts';

const COUNT = { total: 3, current: 2, pending: 1, failed: 0, failedJobs: [], originalGone: 0 };
const PROBLEM = {
  type: 'urn:darkroom:problem:unknown_preset',
  title: 'There is no such preset',
  status: 422,
  detail: 'The presets are: default.',
  code: 'unknown_preset',
  requestId: 'r',
};

const json = (status: number, body: unknown) => (answer: ServerResponse) => {
  answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
const cut = (answer: ServerResponse) => void answer.destroy();

/** A service that gives these answers one after the other, the last one again and again. */
async function clientOf(patienceMs: number, ...answers: ((answer: ServerResponse) => void)[]) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const flags = { preset: 'listing', since: '2026-01-31', url: `http://127.0.0.1:${port}` };
  return { asked, client: reprocessClient(readSettings(flags), null, patienceMs) };
}

test('the service is asked for the preset and the time of the command line, page by page', async () => {
  const page = { queued: 1, skipped: 2, next: 'abc' };
  const { asked, client } = await clientOf(0, json(200, page));
  expect(await client.queue(null, 100)).toEqual(page);
  expect(await client.queue('abc', 100)).toEqual(page);
  expect(asked).toEqual([
    'POST /reprocess?preset=listing&since=2026-01-31&limit=100',
    'POST /reprocess?preset=listing&since=2026-01-31&limit=100&cursor=abc',
  ]);
});

describe('a service that does not answer', () => {
  test('for a while is asked again, and that while is none of the time that its answer took', async () => {
    const { asked, client } = await clientOf(60_000, cut, json(503, {}), json(200, COUNT));
    const begin = performance.now();
    const { tookMs, ...count } = await client.count();
    expect(count).toEqual(COUNT);
    expect(asked).toHaveLength(3);
    expect(tookMs).toBeLessThan((performance.now() - begin) / 2);
  });

  test.each([
    ['cuts each connection', cut],
    ['says that it cannot', json(503, { ...PROBLEM, status: 503, code: 'draining', detail: 'Come again.' })],
  ])('for longer than there is patience is out of reach: it %s', async (_, answer) => {
    const { client } = await clientOf(0, answer);
    await expect(client.count()).rejects.toThrow(OutOfReach);
  });
});

test('a service that refuses is not asked again, and its words are told', async () => {
  const { asked, client } = await clientOf(60_000, json(422, PROBLEM));
  await expect(client.queue(null, 1)).rejects.toEqual(new Refused(422, 'The presets are: default.'));
  expect(asked).toHaveLength(1);
});
