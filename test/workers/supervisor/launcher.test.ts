import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { NAMESPACE_LAYERS, STANDING_LAYERS } from '../../../shared/domain/isolation.ts';
import { outcomeOfEnd } from '../../../workers/supervisor/run-outcome.ts';
import {
  fixturePath,
  fixtureProgram,
  launchingIn,
  launchOf,
  newRun,
  startWorker,
} from '../../helpers/fixture-worker.ts';
import { ownFolder } from '../../helpers/own-folder.ts';
import { ready } from '../../helpers/worker-ready.ts';

const PARENT = fileURLToPath(new URL('../../fixtures/launching-parent.ts', import.meta.url));
const HAS_PRLIMIT = spawnSync('prlimit', ['--data=1073741824', 'true']).status === 0;
const HAS_SETPRIV = spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0;

/** By setpriv and prlimit. */
const OF_LAUNCHERS = [
  'parent-death signal',
  'no_new_privs',
  'user of its own',
  'memory limit',
  'file size limit',
];

async function outputOf(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('the worker has no output');
  return text(child.stdout);
}

describe('a worker that is launched', () => {
  test('sees nothing of our environment, and stands in a folder of its own', async () => {
    vi.stubEnv('DATABASE_PASSWORD', 'secret');
    onTestFinished(() => void vi.unstubAllEnvs());
    const folder = await ownFolder();
    const { launch } = await launchingIn(folder, fixtureProgram('tells-environment'));
    const started = launch();
    const told = JSON.parse(await outputOf(started.child));
    expect(told).toEqual({
      folder: join(await realpath(folder), basename(started.folder.path), 'tmp'),
      environment: { PATH: '/usr/local/bin:/usr/bin:/bin', MALLOC_ARENA_MAX: '2' },
    });
  });

  test('leads a process group of its own', async () => {
    const { child } = (await launchOf('answers'))();
    await ready(child);
    if (child.pid === undefined) throw new Error('the worker has no pid');
    process.kill(-child.pid, 'SIGKILL');
    expect(await once(child, 'close')).toEqual([null, 'SIGKILL']);
  });

  test('tells which layers hold on this machine', async () => {
    const { isolation } = await launchingIn(await ownFolder(), fixtureProgram('answers'));
    const { layers, missing } = isolation;
    expect(layers).toEqual([
      ...STANDING_LAYERS,
      ...(HAS_SETPRIV ? ['parent-death signal', 'no_new_privs'] : []),
      ...(HAS_PRLIMIT ? ['memory limit', 'file size limit'] : []),
    ]);
    const all = [...STANDING_LAYERS, ...OF_LAUNCHERS, ...NAMESPACE_LAYERS];
    expect([...layers, ...missing.map(({ layer }) => layer)].sort()).toEqual(all.sort());
  });

  test.skipIf(!HAS_PRLIMIT)('that wants more memory than it may have ends, and says so', async () => {
    const { worker } = await startWorker('exhausts-memory');
    const verdict = await worker.run(newRun(), 25_000);
    if (verdict.kind !== 'ended') throw new Error('it did not end');
    expect(verdict.end).toMatchObject({ killedFor: null, outOfMemory: true });
    expect(outcomeOfEnd(verdict.end)).toEqual({ outcome: 'crashed', failure: 'out_of_memory' });
  });

  test.skipIf(!HAS_SETPRIV)('can gain no rights', async () => {
    const { child } = (await launchOf('answers'))();
    await ready(child);
    const status = execFileSync('grep', ['NoNewPrivs', `/proc/${child.pid}/status`], { encoding: 'utf8' });
    expect(status.trim()).toMatch(/1$/);
    child.kill('SIGKILL');
    await once(child, 'close');
  });
});

describe('a worker whose parent is killed', () => {
  /** Kills a parent at once after its worker is ready; resolves when the worker has ended as well. */
  async function orphan(fixture: string): Promise<void> {
    const folder = await ownFolder();
    execFileSync('mkfifo', [join(folder, 'alive')]);
    // The worker holds the other end of this pipe, and nobody else does: its end is the worker's.
    const lifeline = createReadStream(join(folder, 'alive'));
    const parent = spawn(process.execPath, [PARENT, folder, fixturePath(fixture)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(parent.stdout, 'data');
    parent.kill('SIGKILL');
    await once(lifeline.resume(), 'end');
  }

  test('dies with it: the real worker, at rest', () => orphan('watched'));

  test.skipIf(!HAS_SETPRIV)('dies with it, even in a busy loop', () => orphan('watched-busy'));
});
