import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { eventually } from '../helpers/eventually.ts';
import { filesBelow } from '../helpers/files-below.ts';
import { imageOf } from '../helpers/image-answer.ts';
import { ownFolder } from '../helpers/own-folder.ts';
import { gone } from '../helpers/processes.ts';
import { dataFolder, type RunningService, spawnService, startService } from '../helpers/service.ts';
import { IS_ROOT } from '../helpers/strict.ts';
import { endOf, upload } from '../helpers/upload.ts';

const TINY = imagePath('tiny_1x1.png');
const EXIT_CONFIGURATION = 78;

/** Starts a service that is to refuse to start: its exit code, and all that it said. */
async function refusalToStart(folder: string, env: Record<string, string>) {
  await using service = await spawnService(folder, { env, folder });
  const started = service.logged('listening').then(() => ({ code: 'it has started' }));
  started.catch(() => {}); // it ended before it listened, which is what is wanted
  const { code } = await Promise.race([service.exited, started]);
  return { code, said: service.lines.map((line) => JSON.stringify(line)).join('\n'), lines: service.lines };
}

describe('a wrong configuration', () => {
  it('ends the service with 78, and every fault is told with its value and what is allowed', async () => {
    const { code, lines } = await refusalToStart(await ownFolder(), {
      N_WORKERS: '0',
      PORT: '99999',
      MAX_PIXELS: 'many',
      UPLOAD_STALL_MS: '1.5',
      DATABASE_URL: 'mysql://localhost',
      ROLE: 'both',
      LOG_LEVEL: 'loud',
    });
    expect(code).toBe(EXIT_CONFIGURATION);
    expect(lines.map(({ msg }) => msg)).toEqual([
      expect.stringMatching(/^N_WORKERS="0" .* from 1 to /),
      expect.stringMatching(/^PORT="99999" .* from 0 to 65535/),
      expect.stringMatching(/^MAX_PIXELS="many" .*a whole number from 1 to /),
      expect.stringMatching(/^UPLOAD_STALL_MS="1.5" .*a whole number from 100 to /),
      expect.stringMatching(/^DATABASE_URL="mysql:\/\/localhost" .*sqlite:/),
      expect.stringMatching(/^ROLE="both" .*all, api or worker/),
      expect.stringMatching(/^LOG_LEVEL="loud" .*trace, debug, info/),
    ]);
  });

  it('is also a delay longer than the drain that it is a part of', async () => {
    const env = { DRAIN_DELAY_MS: '2000', DRAIN_TIMEOUT_MS: '1000' };
    const { code, said } = await refusalToStart(await ownFolder(), env);
    expect(code).toBe(EXIT_CONFIGURATION);
    expect(said).toMatch(/DRAIN_DELAY_MS.*2000.*at most 1000/);
  });

  it('of the presets is one as well: each fault is told with its place in the file', async () => {
    const path = join(await ownFolder(), 'presets.json');
    await writeFile(path, JSON.stringify({ listing: { sizes: [], outputs: [{ format: 'bmp' }] } }));
    const { code, lines } = await refusalToStart(await ownFolder(), { PRESETS_FILE: path });
    expect(code).toBe(EXIT_CONFIGURATION);
    expect(lines.map(({ msg }) => msg)).toEqual([
      expect.stringMatching(/^PRESETS_FILE: listing\.sizes: /),
      expect.stringMatching(/^PRESETS_FILE: listing\.outputs\[0\]\.format: /),
    ]);
  });
});

it.skipIf(!IS_ROOT)(
  'a sandbox that cannot be ends the service with 78, and it tells why and what to do',
  async () => {
    // Where no other user may pass, and so no worker that is one.
    const { code, lines, said } = await refusalToStart(await ownFolder(), { WORKER_SANDBOX: 'strict' });
    expect(code).toBe(EXIT_CONFIGURATION);
    expect(lines.at(-1)).toMatchObject({ level: 'fatal', msg: 'the service could not be started' });
    expect(said).toMatch(
      /WORKER_SANDBOX=strict cannot be in force here: user of its own: EACCES.*RUNBOOK\.md/,
    );
    expect(said).not.toContain('isolation layers in force');
  },
);

describe('a second process is refused with 78, and the first goes on', () => {
  let first: RunningService;
  const shared = { BASE_PATH: '', SCRATCH_PATH: '' };
  beforeAll(async () => {
    shared.BASE_PATH = await dataFolder();
    shared.SCRATCH_PATH = await dataFolder();
    first = await startService({ folder: shared.BASE_PATH, env: { ...shared, N_WORKERS: '1' } });
  });
  afterAll(async () => {
    await first[Symbol.asyncDispose]();
    for (const folder of Object.values(shared)) await rm(folder, { recursive: true, force: true });
  });

  it.each(['BASE_PATH', 'SCRATCH_PATH'] as const)('on the same %s', async (name) => {
    const { code, said } = await refusalToStart(await ownFolder(), { [name]: shared[name] });
    expect(code).toBe(EXIT_CONFIGURATION);
    expect(said).toContain(`${shared[name]} is in use by another process`);
    expect(await endOf(first, await upload(first, TINY))).toMatchObject({ status: 'succeeded' });
  });
});

it('a PORT in use ends the service at once, with a line that names it, and no worker stays', async () => {
  const occupant = createServer().listen(0, '127.0.0.1');
  await eventually('a port', () => occupant.listening);
  try {
    const address = occupant.address();
    const port = typeof address === 'object' && address ? String(address.port) : '';
    const folder = await ownFolder();
    await using service = await spawnService(folder, { env: { PORT: port }, folder });
    const workers = new Set<number>();
    const watch = setInterval(async () => {
      for (const pid of await service.workerPids()) workers.add(pid);
    }, 5);
    const { code } = await service.exited;
    clearInterval(watch);
    expect(code).toBe(1);
    expect(service.lines.at(-1)).toMatchObject({ level: 'fatal', msg: 'the service could not be started' });
    expect(JSON.stringify(service.lines.at(-1)?.err)).toContain(port);
    await gone([...workers]);
  } finally {
    occupant.close();
  }
});

it('a BASE_PATH that is no folder ends the service with a line that names it', async () => {
  const file = join(await ownFolder(), 'file');
  await writeFile(file, '');
  const { code, said } = await refusalToStart(await ownFolder(), { BASE_PATH: file });
  expect(code).not.toBe(0);
  expect(said).toContain(file);
});

it('database, files and scratch may lie elsewhere, the scratch on another volume', async () => {
  const [database, storage, scratch] = [await ownFolder(), await ownFolder(), await folderOnAnotherVolume()];
  const env = {
    DATABASE_URL: `sqlite:${database}/deeper/jobs.db`,
    STORAGE_URL: `file:${storage}`,
    SCRATCH_PATH: scratch,
    N_WORKERS: '1',
  };
  await using service = await startService({ env });
  const accepted = await upload(service, TINY);
  expect(await endOf(service, accepted)).toMatchObject({ status: 'succeeded' });
  expect((await imageOf(service, accepted)).variants).toHaveLength(6);

  expect((await stat(join(database, 'deeper/jobs.db'))).size).toBeGreaterThan(0);
  expect(await filesBelow(join(storage, 'originals'))).toHaveLength(1);
  expect(await filesBelow(join(storage, 'variants'))).toHaveLength(6);
  await eventually('an empty scratch', async () => (await imagesIn(scratch)).length === 0);
  expect(await imagesIn(service.folder)).toEqual([]);
});

const imagesIn = async (folder: string) =>
  (await filesBelow(folder)).filter((name) => !basename(name).startsWith('.lock'));

/** Linux has one in memory and one that is a disk; elsewhere it is only another folder. */
async function folderOnAnotherVolume(): Promise<string> {
  const { dev } = await stat(tmpdir());
  for (const place of ['/dev/shm', '/var/tmp']) {
    const other = await stat(place).catch(() => null);
    if (other === null || other.dev === dev) continue;
    const folder = await mkdtemp(join(place, 'darkroom-test-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    return folder;
  }
  return ownFolder();
}
