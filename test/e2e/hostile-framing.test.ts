import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../helpers/eventually.ts';
import {
  expectHonestUpload,
  expectNothingLeft,
  faultsOf,
  rawConnection,
  statusesOf,
  statusesUntilEnd,
} from '../helpers/raw-connection.ts';
import { RUNTIME, type RunningService, startService } from '../helpers/service.ts';

let service: RunningService;
beforeAll(async () => {
  service = await startService({ env: { HANDOFF_TIMEOUT_MS: '10000' } });
});
afterAll(() => service[Symbol.asyncDispose]());
afterEach(async () => {
  await expectHonestUpload(service);
  await expectNothingLeft(service);
});

const POST = 'POST /tickets HTTP/1.1\r\nHost: x\r\n';
const GET = 'GET /livez HTTP/1.1\r\nHost: x\r\n';
/** What an attacker hides behind a request, or within one. */
const HIDDEN = 'GET /jobs HTTP/1.1\r\nHost: x\r\n\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

/** What was hidden was asked by nobody. Calls of the store are answered in their order: by the answer to ours, others had theirs. */
async function expectNotAsked(): Promise<void> {
  const from = service.lines.length;
  expect((await service.fetch('/jobs', { headers: { 'x-request-id': 'ours' } })).status).toBe(200);
  await service.logged(({ msg, requestId }) => msg === 'request' && requestId === 'ours', from);
  const others = service.lines.filter(({ path, requestId }) => path === '/jobs' && requestId !== 'ours');
  expect(others).toEqual([]);
}

/**
 * What two parties may read as different requests: RFC 9112, sections 2.2, 5, 6 and 7; RFC 9110, section 5.5. Each is answered by
 * one refusal or by none, what is hidden in it never, and its connection is ended.
 */
const AMBIGUOUS: [string, string][] = [
  ['both a length and chunks', `${POST}Content-Length: 6\r\n${CHUNKED}\r\n0\r\n\r\n`],
  ['both chunks and a length', `${POST}${CHUNKED}Content-Length: 6\r\n\r\n0\r\n\r\n`],
  ['two hosts, and an expectation', 'POST /tickets HTTP/1.1\r\nHost: x\r\nHost: y\r\nExpect: more\r\n\r\n'],
  ['two lengths', `${POST}Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}`],
  ['two lengths in one field', `${POST}Content-Length: 2, 40\r\n\r\n{}`],
  ['a negative length', `${POST}Content-Length: -2\r\n\r\n{}`],
  ['a length with a sign', `${POST}Content-Length: +2\r\n\r\n{}`],
  ['a length in hexadecimal', `${POST}Content-Length: 0x2\r\n\r\n{}`],
  ['a length that is none', `${POST}Content-Length: two\r\n\r\n{}`],
  ['an empty length', `${POST}Content-Length: \r\n\r\n{}`],
  ['a length of two words', `${POST}Content-Length: 2 2\r\n\r\n{}`],
  ['a length beyond 64 bits', `${POST}Content-Length: 18446744073709551618\r\n\r\n{}`],
  ['a space before the colon of a length', `${POST}Content-Length : 2\r\n\r\n{}`],
  [
    'a space before the colon of a coding',
    `${POST}Transfer-Encoding : chunked\r\nContent-Length: 2\r\n\r\n{}`,
  ],
  ['the coding identity', `${POST}Transfer-Encoding: identity\r\n\r\n{}`],
  [
    'identity and chunks in two fields',
    `${POST}Transfer-Encoding: identity\r\n${CHUNKED}\r\n2\r\n{}\r\n0\r\n\r\n`,
  ],
  ['a coding that is not known', `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`],
  ['a coding behind the chunks', `${POST}Transfer-Encoding: chunked, gzip\r\n\r\n2\r\n{}\r\n0\r\n\r\n`],
  ['chunks twice', `${POST}${CHUNKED}${CHUNKED}\r\n2\r\n{}\r\n0\r\n\r\n`],
  ['a coding that is nearly chunks', `${POST}Transfer-Encoding: xchunked\r\nContent-Length: 2\r\n\r\n{}`],
  ['chunks behind a vertical tab', `${POST}Transfer-Encoding:\x0bchunked\r\nContent-Length: 2\r\n\r\n{}`],
  [
    'chunks of HTTP/1.0',
    `${POST.replace('1.1', '1.0')}Connection: keep-alive\r\n${CHUNKED}\r\n2\r\n{}\r\n0\r\n\r\n`,
  ],
  ['a field that is folded', `${GET}X: a\r\n b\r\n\r\n`],
  ['a coding that is folded', `${POST}Transfer-Encoding:\r\n chunked\r\nContent-Length: 2\r\n\r\n{}`],
  ['lines that end by LF', 'GET /livez HTTP/1.1\nHost: x\n\n'],
  ['a field that ends by LF', `${GET}X: y\nY: z\r\n\r\n`],
  ['a CR within a value', `${GET}X: a\rb\r\n\r\n`],
  ['a NUL within a value', `${GET}X: a\0b\r\n\r\n`],
  ['a field without a colon', `${GET}X\r\n\r\n`],
  ['a field without a name', `${GET}: x\r\n\r\n`],
  ['a space within a name', `${GET}X Y: z\r\n\r\n`],
  ['two hosts', `${GET}Host: y\r\n\r\n`],
  ['no host', 'GET /livez HTTP/1.1\r\n\r\n'],
  ['another version', GET.replace('1.1', '2.0').concat('\r\n')],
  ['no version', 'GET /livez\r\n\r\n'],
  ['a chunk without a size', `${POST}${CHUNKED}\r\n\r\n{}\r\n0\r\n\r\n`],
  ['a chunk of a negative size', `${POST}${CHUNKED}\r\n-2\r\n{}\r\n0\r\n\r\n`],
  ['a chunk whose size has a prefix', `${POST}${CHUNKED}\r\n0x2\r\n{}\r\n0\r\n\r\n`],
  ['a chunk whose size is beyond 64 bits', `${POST}${CHUNKED}\r\n10000000000000002\r\n{}\r\n0\r\n\r\n`],
  ['a size that ends by LF', `${POST}${CHUNKED}\r\n2\n{}\r\n0\r\n\r\n`],
  ['an extension that ends by LF', `${POST}${CHUNKED}\r\n2;a\n{}\r\n0\r\n\r\n`],
  ['a CR within an extension', `${POST}${CHUNKED}\r\n2;a\rb\r\n{}\r\n0\r\n\r\n`],
  ['a chunk that is longer than its size', `${POST}${CHUNKED}\r\n2\r\n{}XX\r\n0\r\n\r\n`],
  ['a chunk that ends by LF', `${POST}${CHUNKED}\r\n2\r\n{}\n0\r\n\r\n`],
  ['trailers that are a request', `${POST}${CHUNKED}\r\n2\r\n{}\r\n0\r\n${HIDDEN}`],
  ['the greeting of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['the greeting of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
];

describe('what can be read in two ways is refused, and its connection ended', () => {
  test('each of its shapes', async () => {
    const answers = await Promise.all(
      AMBIGUOUS.map(async ([shape, request]) => {
        const { statuses, ended } = await rawConnection(service, `${request}${HIDDEN}`);
        await ended;
        return [shape, statuses()] as const;
      }),
    );
    const wrong = answers.filter(
      ([, [status = 400, ...others]]) => ![400, 505].includes(status) || others.length,
    );
    expect(wrong).toEqual([]);
    // Whoever answers with none has ended the connection all the same.
    expect(answers.filter(([, { length }]) => length === 1).length).toBeGreaterThan(AMBIGUOUS.length - 3);
    await expectNotAsked();
  });

  test('and another version, with nothing behind it', async () => {
    expect(await statusesUntilEnd(service, `${GET.replace('1.1', '2.0')}\r\n`)).toEqual([505]);
  });

  test.skipIf(RUNTIME === 'bun')('and the log has their number', async () => {
    await eventually(
      'all of them in the log',
      () => faultsOf(service, 'malformed') + faultsOf(service, 'ambiguous') >= AMBIGUOUS.length,
    );
    const told = service.lines.filter(({ msg }) => msg === 'client faults');
    expect(told.length).toBeLessThan(AMBIGUOUS.length / 2);
  });
});

/** What may be read in one way only, whatever it looks like. A second request says where the first one ended. */
const PLAIN: [string, string, number][] = [
  ['a length with zeros before it', `${POST}Content-Length: 002\r\n\r\n{}`, 201],
  ['chunks in capitals', `${POST}Transfer-Encoding: CHUNKED\r\n\r\n2\r\n{}\r\n0\r\n\r\n`, 201],
  ['an extension of a chunk', `${POST}${CHUNKED}\r\n2;a=b\r\n{}\r\n0;c\r\n\r\n`, 201],
  ['a size with zeros before it', `${POST}${CHUNKED}\r\n00000002\r\n{}\r\n0\r\n\r\n`, 201],
  ['a request as the body of a GET', `${GET}Content-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`, 200],
  [
    'a request as the chunk of a GET',
    `${GET}${CHUNKED}\r\n${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`,
    200,
  ],
  [
    'a field with a name that is nearly a length',
    `${POST}Content_Length: 40\r\nContent-Length: 2\r\n\r\n{}`,
    201,
  ],
  ['an address with a host', 'GET http://y/livez HTTP/1.1\r\nHost: x\r\n\r\n', 200],
];

describe('what can be read in one way is', () => {
  test.each(PLAIN)('%s', async (_, request, status) => {
    const connection = await rawConnection(service, request);
    await eventually('an answer', () => connection.statuses().length === 1);
    connection.socket.write(`${GET}\r\n`);
    await eventually('another', () => connection.statuses().length === 2);
    connection.socket.destroy();
    expect(connection.statuses()).toEqual([status, 200]);
    await expectNotAsked();
  });

  test('another protocol is not spoken, and no answer is given to what came along with the question', async () => {
    const upgrade = `${GET}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n`;
    // Bun answers both, in their order.
    if (RUNTIME === 'bun') expect(await statusesOf(service, `${upgrade}${GET}\r\n`, 2)).toEqual([200, 200]);
    else expect(await statusesUntilEnd(service, `${upgrade}${GET}\r\n`)).toEqual([200]);
  });
});
