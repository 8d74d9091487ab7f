import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.ts';
import { filesBelow } from '../helpers/files-below.ts';
import { rawRequest, zeros } from '../helpers/http-exchange.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import {
  expectHonestUpload,
  expectNothingLeft,
  faultsOf,
  type RawConnection,
  rawConnection,
} from '../helpers/raw-connection.ts';
import { RUNTIME, type RunningService, startService } from '../helpers/service.ts';

const MANY = 2_000;
/** Bun's own is not ours to set, and it looks every four seconds. */
const HEADERS_MS = RUNTIME === 'bun' ? 10_000 : 1_000;
/** For the look, and for a machine with more work than cores. */
const MARGIN_MS = 12_000;
const GET = 'GET /livez HTTP/1.1\r\nHost: x\r\n';
const UPLOAD = 'POST /upload HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\n';
/** More than an upload may have in memory, so that it is in the spool. */
const HALF = Buffer.alloc(512 * 1024);

let service: RunningService;
beforeAll(async () => {
  const times = { HEADERS_TIMEOUT_MS: '1000', UPLOAD_STALL_MS: '500', UPLOAD_TIMEOUT_MS: '2000' };
  service = await startService({ env: { ...times, HANDOFF_TIMEOUT_MS: '10000' } });
});
afterAll(() => service[Symbol.asyncDispose]());
afterEach(async () => {
  await expectHonestUpload(service);
  await expectNothingLeft(service);
});

const connections = (many: number, first: string, to = service): Promise<RawConnection[]> =>
  Promise.all(Array.from({ length: many }, () => rawConnection(to, first)));

const endAll = (all: RawConnection[]): void => {
  for (const { socket } of all) socket.destroy();
};

/** Sends so much now and then, until it is ended. */
async function trickle({ socket }: RawConnection, text: string): Promise<void> {
  while (!socket.destroyed) {
    socket.write(text);
    await sleep(200); // how slow the client is, which is what is tested
  }
}

const SLOW: [first: string, more: string][] = [
  ['', ''],
  [`${GET}X: `, ''],
  [GET, 'X: y\r\n'],
  [`${GET}X: `, 'y'],
];

describe('2,000 clients that say nothing, stop within a field, or send one or a letter of it now and then', () => {
  test('are ended in time, and keep nobody out', async () => {
    const kinds = await Promise.all(
      SLOW.map(async ([first, more]) => {
        const all = await connections(MANY / SLOW.length, first);
        if (more !== '') for (const slow of all) void trickle(slow, more);
        return all;
      }),
    );
    await expectHonestUpload(service);
    const all = kinds.flat();
    const lasted = await Promise.all(all.map(({ ended }) => ended));
    expect(Math.max(...lasted)).toBeLessThan(HEADERS_MS + MARGIN_MS);
    const statuses = new Set(all.map((slow) => slow.statuses().join()));
    expect([...statuses].filter((status) => status !== '408' && status !== '')).toEqual([]);
  });

  test.skipIf(RUNTIME === 'bun')('are counted, and fill no log', async () => {
    const counted = () => faultsOf(service, 'request_too_slow') + faultsOf(service, 'reset');
    await eventually('all in the log', () => counted() >= MANY);
    expect(service.lines.filter(({ msg }) => msg === 'client faults').length).toBeLessThan(50);
  });
});

describe('a body that is no upload', () => {
  const headers = { 'content-length': 100 };

  test('is given up when it stands still, or never ends', async () => {
    const still = rawRequest(service, '/tickets', { headers, body: Buffer.from('{'), standStill: true });
    async function* endless() {
      while (true) {
        yield Buffer.from(' ');
        await sleep(100); // how slow the client is, which is what is tested
      }
    }
    const slow = rawRequest(service, '/tickets', { body: endless() });
    for (const answer of await Promise.all([still, slow])) await expectProblem(answer, 'upload_too_slow');
  });

  test('is refused when it is too large', async () => {
    const answer = await rawRequest(service, '/tickets', { body: zeros(2 ** 20) });
    await expectProblem(answer, 'bad_parameter');
  });

  test('is not waited for where its length is that of the universe', async () => {
    const length = '9223372036854775808';
    const ended = await Promise.all(
      ['/tickets', '/upload'].map(async (path) => {
        const text = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: ${length}\r\n\r\n{}`;
        const connection = await rawConnection(service, text);
        await connection.ended;
        return connection.statuses();
      }),
    );
    for (const [status] of ended) expect([400, 408, 413]).toContain(status);
  });
});

describe('a client that goes away', () => {
  const half = `${UPLOAD}Content-Length: ${2 * HALF.length}\r\n\r\n`;

  test.each([
    ['within the fields', `${GET}X: `],
    ['before the body', half],
    ['within a chunk', `${UPLOAD}Transfer-Encoding: chunked\r\n\r\n400\r\nabc`],
  ])('by half, %s, is gone', async (_, text) => {
    const { socket, ended, statuses } = await rawConnection(service, text);
    socket.end();
    await ended;
    expect([[], [400]]).toContainEqual(statuses());
  });

  test('by a reset, in the middle of its upload, is gone, and 200 of them', async () => {
    const all = await connections(200, half);
    for (const { socket } of all) socket.write(HALF);
    const spool = join(service.folder, 'spool');
    await eventually('files in the spool', async () => (await filesBelow(spool)).length > 1);
    for (const { socket } of all) socket.resetAndDestroy();
  });
});

test('2,000 connections that were of use and are kept keep nobody out', async () => {
  const all = await connections(MANY, `${GET}\r\n`);
  await eventually('all answers', () => all.every(({ statuses }) => statuses().length === 1));
  await expectHonestUpload(service);
  endAll(all);
});

describe('requests that come before the first one is answered', () => {
  test('are answered in their order and not without end, or their connection is ended', async () => {
    const { socket, statuses, ended } = await rawConnection(service, `${GET}\r\n`.repeat(3_000));
    await Promise.race([ended, eventually('all answers', () => statuses().length === 3_000)]);
    socket.destroy();
    expect(new Set(statuses())).toEqual(new Set([200]));
    if (RUNTIME === 'node') expect(statuses().length).toBeLessThanOrEqual(1_000);
  });
});

describe.skipIf(RUNTIME === 'bun')('when nearly all connections are taken', () => {
  const MOST = 50;
  let crowded: RunningService;
  beforeAll(async () => {
    crowded = await startService({ env: { MAX_CONNECTIONS: String(MOST), HANDOFF_TIMEOUT_MS: '10000' } });
  });
  afterAll(() => crowded[Symbol.asyncDispose]());

  test.each([
    ['say nothing', ''],
    ['begin a request', GET],
    ['keep what they had', `${GET}\r\n`],
  ])('those that %s give way to who comes', async (_, first) => {
    const all: RawConnection[] = [];
    for (let n = 0; n < 6 * MOST; n++) all.push(await rawConnection(crowded, first));
    await expectHonestUpload(crowded);
    const open = () => all.filter(({ socket }) => !socket.destroyed);
    await eventually('no more than may be', () => open().length <= MOST);
    endAll(all);
    await expectNothingLeft(crowded);
  });
});
