import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { dataFolder, type RunningService, startService } from '../helpers/service.ts';
import { Accepted, endOf, newPicture } from '../helpers/upload.ts';

const DARKROOM = fileURLToPath(new URL('../../server/cli/darkroom.ts', import.meta.url));
const SMALL = imagePath('tiny_1x1.png');

const KEYS = [
  ['shop', 'upload,read', 'shop'],
  ['forum', 'upload,read', 'forum'],
  ['reader', 'read', 'shop'],
  ['operator', 'admin', 'shop'],
] as const;

type KeyName = (typeof KEYS)[number][0];

let service: RunningService;
const keys = new Map<KeyName, string>();

/** As an operator makes them. */
async function newKey(id: string, scopes: string, tenant: string): Promise<{ key: string; entry: unknown }> {
  const args = [DARKROOM, 'keys', 'new', '--id', id, '--scopes', scopes, '--tenant', tenant];
  const { stdout } = await promisify(execFile)('node', args);
  const [key = '', entry = ''] = stdout.split('\n');
  return { key, entry: JSON.parse(entry) };
}

beforeAll(async () => {
  const folder = await dataFolder();
  const entries: unknown[] = [];
  for (const [id, scopes, tenant] of KEYS) {
    const { key, entry } = await newKey(id, scopes, tenant);
    keys.set(id, key);
    entries.push(entry);
  }
  const path = join(folder, 'keys.json');
  await writeFile(path, JSON.stringify({ keys: entries }));
  service = await startService({ folder, env: { API_KEYS_FILE: path } });
});
afterAll(() => service[Symbol.asyncDispose]());

const as = (name: KeyName | null): Record<string, string> =>
  name === null ? {} : { authorization: `Bearer ${keys.get(name)}` };

const ask = (
  name: KeyName | null,
  path: string,
  method = 'GET',
  body: Uint8Array<ArrayBuffer> | null = null,
) => service.fetch(path, { method, body, headers: { ...as(name), 'content-type': 'image/png' } });

async function uploadAs(name: KeyName): Promise<Accepted> {
  const answer = await ask(name, '/upload', 'POST', await newPicture(SMALL));
  expect(answer.status).toBe(200);
  return Accepted.parse(await answer.json());
}

async function endAs(name: KeyName, accepted: Accepted): Promise<void> {
  const fetchAs = { ...service, fetch: (path: string) => ask(name, path), lines: service.lines };
  await endOf(Object.assign(Object.create(service), fetchAs), accepted);
}

describe('with keys', () => {
  test.each([
    ['POST', '/upload'],
    ['GET', '/images/x'],
    ['DELETE', '/images/x'],
    ['GET', '/images/x/similar'],
    ['GET', '/jobs'],
    ['GET', '/jobs/x'],
    ['POST', '/jobs/x/retry'],
    ['GET', '/quarantine'],
    ['DELETE', '/quarantine/x'],
    ['POST', '/reprocess'],
    ['GET', '/reprocess'],
  ])('nobody gets anything without one: %s %s', async (method, path) => {
    await expectProblem(await ask(null, path, method), 'no_key');
    const answer = await service.fetch(path, { method, headers: { authorization: 'Bearer dk_guessed' } });
    await expectProblem(answer, 'no_key');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  });

  test('probes answer anybody', async () => {
    expect((await ask(null, '/livez')).status).toBe(200);
    expect((await ask(null, '/readyz')).status).toBe(200);
  });

  test('each does what its scopes allow, and its name is in the log, not itself', async () => {
    await expectProblem(await ask('reader', '/upload', 'POST', await newPicture(SMALL)), 'not_allowed');
    await expectProblem(await ask('shop', '/jobs'), 'not_allowed');
    await expectProblem(await ask('operator', '/images/x'), 'not_allowed');
    expect((await ask('operator', '/jobs')).status).toBe(200);
    expect((await ask('operator', '/quarantine')).status).toBe(200);

    await uploadAs('shop');
    const [accepted] = service.lines.filter(({ msg }) => msg === 'upload accepted');
    expect(accepted).toMatchObject({ keyId: 'shop' });
    const said = JSON.stringify(service.lines);
    for (const key of keys.values()) expect(said).not.toContain(key);
  });

  test('of another tenant nothing is seen, not even that it is there, or was', async () => {
    const accepted = await uploadAs('shop');
    await endAs('shop', accepted);
    const { self, job } = accepted.links;
    const answers = async (name: KeyName) =>
      Promise.all(
        [self, `${self}/similar`, job].map(async (path) => {
          const answer = await ask(name, path);
          return answer.status === 404 ? (await expectProblem(answer, 'not_found')).detail : answer.status;
        }),
      );
    const absent = [
      'There is no image with this id.',
      'There is no image with this id.',
      'There is no job with this id.',
    ];
    expect(await answers('shop')).toEqual([200, 200, 200]);
    expect(await answers('reader')).toEqual([200, 200, 200]);
    expect(await answers('forum')).toEqual(absent);
    await expectProblem(await ask('forum', self, 'DELETE'), 'not_found');

    // A page shows it to whoever has its address.
    expect((await ask(null, `${self}/thumb.jpg`)).status).toBe(200);

    expect((await ask('shop', self, 'DELETE')).status).toBe(204);
    await expectProblem(await ask('shop', self), 'deleted');
    await expectProblem(await ask('forum', self), 'not_found');
    await expectProblem(await ask('forum', self, 'DELETE'), 'not_found');
  });

  test('equal bytes of two tenants are two pictures, and equal idempotency keys two keys', async () => {
    const bytes = await newPicture(SMALL);
    const send = async (name: KeyName) => {
      const headers = { ...as(name), 'content-type': 'image/png', 'idempotency-key': 'the same' };
      const answer = await service.fetch('/upload', { method: 'POST', body: bytes, headers });
      expect(answer.headers.get('idempotent-replayed')).toBeNull();
      return Accepted.parse(await answer.json());
    };
    const [ours, theirs] = [await send('shop'), await send('forum')];
    expect(ours.id).not.toBe(theirs.id);
    expect(await (await ask('forum', theirs.links.job)).json()).toMatchObject({ sharesRun: false });
  });

  test('a preset is applied anew by whoever has a key for it in a file', async () => {
    const path = join(service.folder, 'operator.key');
    await writeFile(path, `${keys.get('operator')}\n`);
    const reprocess = (...args: string[]) =>
      promisify(execFile)('node', [
        DARKROOM,
        'reprocess',
        '--preset',
        'default',
        '--url',
        service.url,
        ...args,
      ]);
    expect((await reprocess('--key-file', path)).stdout).toMatch(
      /^default: (\d+) of \1 are current, 0 failed/,
    );
    await expect(reprocess()).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('API key') });
  });
});

test('without keys, and beyond this machine, the service says aloud that anybody may do anything', async () => {
  await using open = await startService({ env: { HOST: '0.0.0.0', ALLOW_ANONYMOUS: 'true' } });
  expect(
    open.lines.filter(({ level }) => level === 'warn').map(({ msg, host }) => ({ msg, host })),
  ).toContainEqual({
    msg: 'there are no API keys: whoever reaches the service may do all that it can',
    host: '0.0.0.0',
  });
});
