import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { commandLine } from '../../../server/cli/command-line.ts';
import { COMMANDS } from '../../../server/cli/commands.ts';
import { quarantineClient } from '../../../server/cli/quarantine-client.ts';
import { OutOfReach, Refused } from '../../../server/cli/service-client.ts';
import { sha256Of } from '../../helpers/job-records.ts';

async function said(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const code = await commandLine(argv, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}

const BELOW = ['keys new', 'quarantine list', 'quarantine release'];

describe('the help', () => {
  test.each([...COMMANDS.map(({ name }) => name), ...BELOW])('of %s teaches', async (name) => {
    const { code, out } = await said(...name.split(' '), '--help');
    expect(code).toBe(0);
    expect(out).toContain(`Usage: darkroom ${name}`);
    const [, examples = ''] = /Examples:\n([\s\S]*?)\n\n/.exec(out) ?? [];
    expect(examples.match(/^ {2}(?! ).*\bdarkroom/gm)?.length).toBeGreaterThanOrEqual(2);
    expect(out).toMatch(/Exit codes:\n +0 {2}\S/);
    if (!COMMANDS.some((command) => command.name === name && ['keys', 'quarantine'].includes(name)))
      expect(out).toContain('Afterwards:');
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  test('names every command, and every exit code', async () => {
    const { code, out } = await said('--help');
    expect(code).toBe(0);
    for (const { name, summary } of COMMANDS)
      expect(out).toMatch(RegExp(`^ +${name} .*${summary.split(',')[0]}`, 'm'));
    for (const number of [0, 1, 2, 75, 78]) expect(out).toMatch(RegExp(`^ +${number} {2}\\S`, 'm'));
  });

  test('of migrate names every flag, and what it reads of the environment', async () => {
    const { out } = await said('migrate', '--help');
    for (const word of ['--from ', '--from-files ', '--to ', '--to-files ', 'DATABASE_URL', 'STORAGE_URL'])
      expect(out).toContain(word);
  });
});

describe('a command line that cannot be followed ends with 2, and says why', () => {
  test.each([
    [['doctr'], "unknown command 'doctr'\n(Did you mean doctor?)"],
    [['migrate', '--form', 'sqlite:/srv/jobs.db'], "unknown option '--form'"],
    [['migrate', 'sqlite:/srv/jobs.db'], 'too many arguments'],
    [['migrate', '--from'], 'argument missing'],
    [
      ['reprocess', '--since', 'yesterday', '--url', 'ftp://x'],
      '--url must be an http:// or https:// address\n--preset must name a preset\n--since must be a day',
    ],
    [
      ['keys', 'new', '--scopes', 'all'],
      '--id takes a name for the key\n--scopes takes some of upload, read, originals, admin',
    ],
    [['keys'], 'Usage: darkroom keys'],
    [['quarantine', 'release', 'abc'], 'abc is no SHA-256'],
    [
      ['quarantine', 'list', '--key-file', '/no/such/file'],
      '--key-file /no/such/file cannot be read: ENOENT',
    ],
    [[], 'Usage: darkroom'],
  ])('%j', async (argv, words) => {
    const { code, out, err } = await said(...argv);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(words);
  });
});

test('the version is that of the package', async () => {
  expect(await said('--version')).toEqual({
    code: 0,
    out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    err: '',
  });
});

describe('quarantine', () => {
  const entry = (content: string) => ({
    sha256: sha256Of(content),
    decoder: 'libvips 8',
    signal: 'SIGSEGV',
    exitCode: null,
    quarantinedAt: '2026-11-30T12:00:00.000Z',
    links: { self: `/quarantine/${sha256Of(content)}`, image: '/images/1', job: '/jobs/1' },
  });
  const problem = (status: number) => ({
    type: 'urn:darkroom:problem:not_found',
    title: 'There is no such thing',
    status,
    detail: 'No bytes with this SHA-256 are quarantined.',
    code: 'not_found',
    requestId: 'r',
  });

  /** A service that asks for a key, has two pages, and releases one of the pictures. */
  async function service(key = 'dk_right') {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const answer = (status: number, body?: object) =>
        response.writeHead(status).end(body && JSON.stringify(body));
      if (request.headers.authorization !== 'Bearer dk_right')
        return answer(401, { ...problem(401), detail: 'no key' });
      if (request.method === 'DELETE')
        return request.url?.endsWith(sha256Of('a')) ? answer(204) : answer(404, problem(404));
      const isFirst = !request.url?.includes('cursor');
      return answer(
        200,
        isFirst ? { quarantined: [entry('a')], next: 'more' } : { quarantined: [entry('b')], next: null },
      );
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { asked, client: quarantineClient(url, key, 0) };
  }

  test('is listed page by page, to the last', async () => {
    const { asked, client } = await service();
    const found: string[] = [];
    for await (const page of client.list()) found.push(...page.map(({ sha256 }) => sha256));
    expect(found).toEqual([sha256Of('a'), sha256Of('b')]);
    expect(asked).toEqual(['GET /quarantine', 'GET /quarantine?cursor=more']);
  });

  test('is released, or was not there', async () => {
    const { client } = await service();
    expect([await client.release(sha256Of('a')), await client.release(sha256Of('b'))]).toEqual([true, false]);
  });

  test('is for who has the key', async () => {
    const { client } = await service('dk_wrong');
    await expect(client.release(sha256Of('a'))).rejects.toEqual(new Refused(401, 'no key'));
  });

  test('of a service that does not answer is out of reach', async () => {
    await expect(quarantineClient('http://127.0.0.1:1', null, 0).list().next()).rejects.toBeInstanceOf(
      OutOfReach,
    );
  });
});
