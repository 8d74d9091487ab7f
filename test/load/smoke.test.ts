import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeApiKeys } from '../helpers/api-keys.ts';
import { freezeWorkers, thaw } from '../helpers/processes.ts';
import { type RunningService, startService } from '../helpers/service.ts';

const SMOKE = fileURLToPath(new URL('./smoke.ts', import.meta.url));

async function smoke(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [SMOKE, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  const [exitCode] = await once(child, 'close');
  const [stdout, stderr] = await said;
  return { exitCode, stdout, stderr };
}

describe('the smoke test', () => {
  let service: RunningService;
  let folder: string;
  let key: Record<string, string>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'darkroom-test-'));
    const path = join(folder, 'keys.json');
    const keys = await writeApiKeys(path, {
      smoke: { scopes: ['upload', 'read'], tenant: 'smoke' },
      reader: { scopes: ['read'], tenant: 'smoke' },
    });
    key = { DARKROOM_KEY: keys.smoke.authorization.slice('Bearer '.length) };
    service = await startService({ env: { N_WORKERS: '1', API_KEYS_FILE: path } });
    // What the test itself asks for.
    const { fetch } = service;
    service.fetch = (where, init) => fetch.call(service, where, { ...init, headers: keys.reader });
  });
  afterAll(async () => {
    await service[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  test('takes a picture all the way, says so step by step, and leaves nothing', async () => {
    const { exitCode, stdout, stderr } = await smoke([service.url], key);
    expect(stderr).toBe('');
    const steps = stdout.trim().split('\n');
    expect(steps.map((line) => line.replace(/^ *\d+\.\d s {2}/, '').replace(/[0-9a-f-]{36}/, 'ID'))).toEqual([
      'ready',
      'accepted as /images/ID',
      'made 6 variants',
      'read all of them',
      'deleted',
    ]);
    expect(exitCode).toBe(0);
    const [id] = /[0-9a-f-]{36}/.exec(stdout) ?? [];
    expect((await service.fetch(`/images/${id}`)).status).toBe(410);
  });

  test('fails where nothing is made in time, and takes back what it has sent', async () => {
    const frozen = await freezeWorkers(service);
    const { exitCode, stdout, stderr } = await smoke([service.url, '--ready-within-ms', '500'], key);
    frozen.forEach(thaw);
    expect(stderr).toMatch(/^\/images\/[0-9a-f-]{36} was not ready within 500 ms\n$/);
    expect(exitCode).toBe(1);
    const [id] = /[0-9a-f-]{36}/.exec(stdout) ?? [];
    expect((await service.fetch(`/images/${id}`)).status).toBe(410);
  });

  test('fails where the service does not do as it is asked', async () => {
    const { exitCode, stderr } = await smoke([service.url]);
    expect(stderr).toMatch(/^POST \/upload: 401 in place of 200: .*no_key/);
    expect(exitCode).toBe(1);
  });

  test('fails where nothing listens', async () => {
    const { exitCode, stderr } = await smoke(['http://127.0.0.1:1']);
    expect(stderr).toMatch(/^fetch failed: .+/);
    expect(exitCode).toBe(1);
  });

  test.each([
    { args: [], says: 'one URL is needed' },
    { args: ['ftp://x'], says: 'URL must be an http:// or https:// address' },
    { args: ['http://x', '--ready-within-ms', 'soon'], says: '--ready-within-ms must be a number' },
  ])('says how it is used for $args', async ({ args, says }) => {
    const { exitCode, stderr } = await smoke(args);
    expect(stderr).toContain(says);
    expect(stderr).toContain('smoke [');
    expect(exitCode).toBe(2);
  });
});
