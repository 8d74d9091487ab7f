import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Reception, startFakeService } from './fake-service.ts';

const ENTRY = fileURLToPath(new URL('./simulate.ts', import.meta.url));
let images: string;

beforeAll(async () => {
  images = await mkdtemp(join(tmpdir(), 'darkroom-load-'));
  await writeFile(join(images, 'one.jpg'), Buffer.alloc(50_000, 1));
  await writeFile(join(images, 'two.png'), Buffer.alloc(300_000, 2));
  await writeFile(join(images, 'notes.txt'), 'not a picture');
});
afterAll(() => rm(images, { recursive: true }));

interface Ended {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

function start(...flags: string[]) {
  const child = spawn(process.execPath, [ENTRY, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  const stopping = Promise.withResolvers<void>();
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
    if (stderr.includes('Stopping')) stopping.resolve();
  });
  const ended = once(child, 'close').then(([exitCode]): Ended => ({ exitCode, stdout, stderr }));
  return { child, stopping: stopping.promise, ended };
}
const run = (...flags: string[]): Promise<Ended> => start(...flags).ended;
const load = (url: string, requests: number, concurrency: number): string[] =>
  ['--images', images, '--url', url, '--requests', `${requests}`, '--concurrency', `${concurrency}`] as const;

describe('the load simulator', () => {
  it('counts what was accepted, refused and broken, and exits 1 for a job the service does not know', async () => {
    const plan: Record<number, Reception> = { 3: 'reset', 7: 'accept and lose' };
    // All forty are there before the first is answered: so each has a new connection, and a reset is no stale one.
    const gathered = Promise.withResolvers<void>();
    await using service = await startFakeService(async (n): Promise<Reception> => {
      if (n === 39) gathered.resolve();
      await gathered.promise;
      return plan[n] ?? (n % 2 === 0 ? 'refuse' : 'accept');
    });

    const { exitCode, stdout } = await run(...load(service.url, 40, 40), '--json');

    const result = JSON.parse(stdout);
    expect(result.accepted).toBe(19);
    expect(result.refused).toEqual({ '503 no_worker': 20 });
    expect(result.errors).toEqual({ ECONNRESET: 1 });
    expect(result.jobs).toMatchObject({ succeeded: 18, notFound: 1, neverEnded: 0 });
    expect(result.missing).toBe(1);
    expect(exitCode).toBe(1);
  });

  it('offers each picture until it is accepted with --retry, and prints a table', async () => {
    await using service = await startFakeService((n) => (n < 30 ? 'refuse' : 'accept'));

    const { exitCode, stdout, stderr } = await run(...load(service.url, 50, 10), '--retry');

    expect(stdout).toMatch(/^50 of 50 uploads .* 10 at once from 2 threads$/m);
    expect(stdout).toMatch(/^accepted +50 /m);
    expect(stdout).toMatch(/^refused +0$/m);
    expect(stdout).toMatch(/^retries +30$/m);
    expect(stdout).toMatch(/^succeeded +50$/m);
    expect(stdout).toMatch(/^missing +0$/m);
    expect(stderr).toMatch(/50\/50 50 accepted/);
    expect(exitCode).toBe(0);
    expect(service.uploads).toBe(80);
  });

  it('calls a job missing that does not end within the limit', async () => {
    await using service = await startFakeService((n) => (n === 0 ? 'accept and hang' : 'accept'));

    const { exitCode, stdout } = await run(...load(service.url, 3, 1), '--timeout-ms', '400');

    expect(stdout).toMatch(/^missing +1 +\(0 unknown to the server, 1 never ended\)$/m);
    expect(exitCode).toBe(1);
  });

  it('stops sending on SIGINT, and still says what happened', async () => {
    const arrived = Promise.withResolvers<void>();
    const interrupted = Promise.withResolvers<void>();
    await using service = await startFakeService(async (n): Promise<Reception> => {
      if (n === 9) arrived.resolve();
      await interrupted.promise;
      return 'refuse';
    });
    // With --retry, so that only the signal can end it.
    const { child, stopping, ended } = start(...load(service.url, 1_000, 10), '--retry', '--json');

    await arrived.promise;
    child.kill('SIGINT');
    await stopping;
    interrupted.resolve();

    const { exitCode, stdout } = await ended;
    expect(JSON.parse(stdout).refused).toEqual({ '503 no_worker': 10 });
    expect(service.uploads).toBe(10);
    expect(exitCode).toBe(0);
  });

  it.each([
    { flags: [], says: '--images: must name the folder of pictures to send' },
    { flags: ['--images', '/nowhere'], says: '--images: cannot read the folder /nowhere' },
    { flags: ['--images', '/', '--requests', 'many'], says: '--requests: ' },
    { flags: ['--images', '/', '--retries'], says: "Unknown option '--retries'" },
    { flags: ['--images', '/', '--url', 'ftp://x'], says: '--url: must be an http:// address' },
  ])('exits 2 and says why for $flags', async ({ flags, says }) => {
    const { exitCode, stdout, stderr } = await run(...flags);
    expect(stderr).toContain(says);
    expect(stdout).toBe('');
    expect(exitCode).toBe(2);
  });
});
