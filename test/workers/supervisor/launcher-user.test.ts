import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { access, chmod, chown, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { newRunId } from '../../../shared/domain/ids.ts';
import { STANDING_LAYERS } from '../../../shared/domain/isolation.ts';
import { imagePath } from '../../../testdata/expected.ts';
import type { Launch } from '../../../workers/supervisor/launcher.ts';
import { WORKER_PROGRAM } from '../../../workers/supervisor/program.ts';
import { Scratch } from '../../../workers/supervisor/scratch.ts';
import { eventually } from '../../helpers/eventually.ts';
import { filesBelow } from '../../helpers/files-below.ts';
import { fixturePath, launchingIn, MAX_DATA_BYTES } from '../../helpers/fixture-worker.ts';
import { ownFolder, passableFolder } from '../../helpers/own-folder.ts';
import { startService } from '../../helpers/service.ts';
import { endOf, upload } from '../../helpers/upload.ts';
import { ready } from '../../helpers/worker-ready.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const LAUNCHER = join(ROOT, 'workers/supervisor/launcher.ts');
const SCRATCH = join(ROOT, 'workers/supervisor/scratch.ts');
const PARENT = join(ROOT, 'test/fixtures/launching-parent.ts');

/** One of those that a service takes. */
const USER = { uid: 60_706, gid: 60_706 };
const AS_USER = ['--reuid=60706', '--regid=60706', '--clear-groups'];
const LAYER = 'user of its own';

/** Runs a program as the user of the workers; whether it ended well, and what it said. */
function asUser(command: string, ...args: string[]) {
  const { status, stdout } = spawnSync('setpriv', [...AS_USER, command, ...args], { encoding: 'utf8' });
  return { ok: status === 0, said: stdout };
}

/** Null where these tests can be: they are about what root can do, with code that others may read. */
function whyNotHere(): string | null {
  if (process.getuid?.() !== 0) return 'skipped: only root can start workers as another user';
  if (!asUser(process.execPath, '--check', fixturePath('answers')).ok)
    return 'skipped: others cannot read this clone, or there is no setpriv';
  return null;
}

const WHY_NOT = whyNotHere();
beforeEach((context) => context.skip(WHY_NOT !== null, WHY_NOT ?? ''));

/** Real, effective, saved and file system user and group of a process, and its other groups. */
async function identityOf(pid: number | undefined) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const numbers = (name: string) =>
    new RegExp(`^${name}:(.*)$`, 'm').exec(status)?.[1]?.trim().split(/\s+/).filter(Boolean);
  return { uid: numbers('Uid'), gid: numbers('Gid'), groups: numbers('Groups') };
}

/** One that no system gives out. */
const UNPRIVILEGED = {
  uid: Array(4).fill(expect.stringMatching(/^6(?:07|0[89]|1[01])\d\d$/)),
  gid: expect.any(Array),
  groups: [],
};

/** A worker that is ready, and gone when the test has finished. */
async function started(launch: Launch): Promise<ChildProcess> {
  const { child, leave } = launch();
  onTestFinished(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    await leave();
  });
  await ready(child);
  return child;
}

describe('where the service is root, a worker', () => {
  test('is a user that no other worker is, alone in its group', async () => {
    const folder = await passableFolder();
    const { launch, isolation, hasUsers, whyRoot } = await launchingIn(folder);
    expect({ hasUsers, whyRoot }).toEqual({ hasUsers: true, whyRoot: null });
    expect(isolation.layers).toEqual([
      ...STANDING_LAYERS,
      ...['parent-death signal', 'no_new_privs', LAYER, 'memory limit', 'file size limit'],
    ]);
    const [one, another] = [await started(launch), await started(launch)];
    const [first, second] = [await identityOf(one.pid), await identityOf(another.pid)];
    for (const { uid, gid } of [first, second]) {
      expect(new Set(uid).size).toBe(1);
      expect(gid).toEqual(uid);
    }
    expect([first, second]).toEqual([UNPRIVILEGED, UNPRIVILEGED]);
    expect(first.uid).not.toEqual(second.uid);
    expect(await filesBelow(folder)).toEqual([]);
  });

  test.each(['watched', 'watched-busy'])('dies with a parent that is killed: %s', async (fixture) => {
    const folder = await passableFolder();
    execFileSync('mkfifo', ['--mode=0666', join(folder, 'alive')]);
    // The worker holds the other end of this pipe, and nobody else does: its end is the worker's.
    const lifeline = createReadStream(join(folder, 'alive'));
    const parent = spawn(process.execPath, [PARENT, folder, fixturePath(fixture)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void parent.kill('SIGKILL'));
    await once(parent.stdout, 'data');
    const worker = await readFile(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8');
    expect(await identityOf(Number(worker))).toEqual(UNPRIVILEGED);
    parent.kill('SIGKILL');
    await once(lifeline.resume(), 'end');
  });
});

describe('workers are the user that the service is, and no layer is claimed', () => {
  test('where others cannot read the code', async () => {
    const closed = await ownFolder();
    await chmod(closed, 0o700);
    const entry = join(closed, 'worker.ts');
    await writeFile(entry, "import fs from 'node:fs'; fs.writeSync(3, 'ready'); process.stdin.resume();");
    const program = { ...WORKER_PROGRAM, entry };
    const { launch, isolation, hasUsers, whyRoot } = await launchingIn(await passableFolder(), program);
    expect(hasUsers).toBe(false);
    expect(whyRoot).toMatch(`EACCES: permission denied, access '${entry}'`);
    expect(isolation.layers).not.toContain(LAYER);
    expect((await identityOf((await started(launch)).pid)).uid).toEqual(Array(4).fill('0'));
  });

  test('where others cannot pass to the scratch', async () => {
    const folder = await ownFolder();
    await chmod(folder, 0o700);
    const { isolation, hasUsers, whyRoot } = await launchingIn(folder);
    expect(hasUsers).toBe(false);
    expect(whyRoot).toMatch(/EACCES: permission denied, open .*\/out\/written/);
    expect(isolation.layers).not.toContain(LAYER);
  });

  test.each([
    ['cannot become another user', 'setuid', /setresuid failed/],
    ['cannot kill what is another user', 'kill', /cannot be killed/],
    ['cannot read what another user wrote', 'dac_override,-dac_read_search', /EACCES/],
  ])('where a root without all of its capabilities %s', async (_, capability, why) => {
    const told = launchTold(await passableFolder(), [
      '--inh-caps',
      `-${capability}`,
      '--bounding-set',
      `-${capability}`,
    ]);
    expect(told).toEqual({
      layers: expect.not.arrayContaining([LAYER]),
      hasUsers: false,
      whyRoot: expect.stringMatching(why),
    });
  });

  test('where that is not root, and there is nothing to warn of', async () => {
    const folder = await passableFolder();
    await chown(folder, USER.uid, USER.gid);
    const told = launchTold(folder, AS_USER);
    expect(told).toEqual({
      layers: [...STANDING_LAYERS, 'parent-death signal', 'no_new_privs', 'memory limit', 'file size limit'],
      hasUsers: false,
      whyRoot: null,
    });
  });

  /** What a service that is started with these options of setpriv finds out. */
  function launchTold(folder: string, options: string[]): unknown {
    const script = `
      import { prepareLaunch } from ${JSON.stringify(LAUNCHER)};
      import { Scratch } from ${JSON.stringify(SCRATCH)};
      const scratch = await Scratch.open(${JSON.stringify(folder)});
      const options = { workerSandbox: 'default', workerMaxDataBytes: ${MAX_DATA_BYTES}, hidden: [] };
      const { isolation, hasUsers, whyRoot } = await prepareLaunch(scratch, options);
      console.log(JSON.stringify({ layers: isolation.layers, hasUsers, whyRoot }));
    `;
    const command = [...options, process.execPath, '--input-type=module', '-e', script];
    return JSON.parse(execFileSync('setpriv', command, { encoding: 'utf8' }));
  }
});

describe('the folder of a worker that is another user', () => {
  async function sharedRun() {
    const root = await passableFolder();
    const own = (await Scratch.open(root)).newFolder(USER);
    const run = newRunId();
    const { inputPath, outputPath } = await own.make(run);
    await writeFile(inputPath, 'the picture', { mode: 0o644 });
    return { root, own, run, inputPath, outputPath, folder: own.path };
  }

  test('lets it read its input, and write its outputs', async () => {
    const { inputPath, outputPath } = await sharedRun();
    expect(asUser('cat', inputPath)).toEqual({ ok: true, said: 'the picture' });
    expect(asUser('touch', join(outputPath, 'thumb.webp')).ok).toBe(true);
  });

  test('lets it change nothing else', async () => {
    const { inputPath, outputPath, folder, root } = await sharedRun();
    const attempts = [
      ['cp', '/dev/null', inputPath],
      ['rm', '-f', inputPath],
      ['mv', outputPath, join(folder, 'elsewhere')],
      ['touch', join(folder, 'more')],
      ['touch', join(root, 'more')],
      ['ls', folder],
      ['ls', join(folder, 'in')],
      ['ls', join(folder, 'taken')],
    ] as const;
    for (const [command, ...args] of attempts)
      expect(asUser(command, ...args).ok, [command, ...args].join(' ')).toBe(false);
    expect(await readFile(inputPath, 'utf8')).toBe('the picture');
  });

  test('lets nobody else in, be it another worker', async () => {
    const { inputPath, outputPath } = await sharedRun();
    const other = ['--reuid=60707', '--regid=60707', '--clear-groups', 'ls'];
    for (const path of [inputPath, outputPath])
      expect(spawnSync('setpriv', [...other, path]).status).not.toBe(0);
  });

  test('is removed whatever it has left there, and what a link leads to stays', async () => {
    const { root, own, run, outputPath } = await sharedRun();
    const victim = await ownFolder();
    await writeFile(join(victim, 'precious'), '');
    expect(asUser('mkdir', '-p', join(outputPath, 'deep', 'deeper')).ok).toBe(true);
    expect(asUser('ln', '-s', victim, join(outputPath, 'deep', 'link')).ok).toBe(true);
    expect(asUser('chmod', '0', join(outputPath, 'deep')).ok).toBe(true);
    await symlink(victim, join(outputPath, 'link'));
    await own.leave();
    await own.remove(run);
    expect(await readdir(root)).toEqual([]);
    await access(join(victim, 'precious'));
  });

  test('is removed at the next start as well', async () => {
    const { root, outputPath } = await sharedRun();
    await mkdir(join(outputPath, 'deep'));
    await Scratch.open(root);
    expect(await readdir(root)).toEqual([]);
  });
});

describe('a service that is root', () => {
  const SMALL = imagePath('testimage_small.jpg');

  test('has workers of another user, who make the variants and see nothing beside the scratch', async () => {
    const folder = await passableFolder();
    await using service = await startService({ folder });
    const { layers } = await service.logged('isolation layers in force');
    expect(layers).toContain(LAYER);
    for (const pid of await service.workerPids()) expect(await identityOf(pid)).toEqual(UNPRIVILEGED);

    const accepted = await upload(service, SMALL);
    expect(await endOf(service, accepted)).toMatchObject({ status: 'succeeded' });
    const files = (await filesBelow(folder)).filter(
      (name) => name.startsWith('originals') || name.startsWith('variants'),
    );
    expect(files).toHaveLength(7);
    const closed = [...files, 'darkroom.db', 'darkroom.db-wal', 'darkroom.db-shm'];
    for (const name of closed) expect(asUser('cat', join(folder, name)).ok, name).toBe(false);
    expect(asUser('ls', join(folder, 'spool')).ok).toBe(false);
    await eventually(
      'an empty scratch',
      async () => (await filesBelow(join(folder, 'scratch'))).length === 0,
    );
    expect(service.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  test('says once, with what to do, that its workers are root, too, and works', async () => {
    const folder = await ownFolder();
    await chmod(folder, 0o700);
    await using service = await startService({ folder });
    const warnings = service.lines.filter(({ level }) => level === 'warn');
    expect(warnings).toEqual([
      expect.objectContaining({
        msg: expect.stringMatching(/^workers run as root: .*SCRATCH_PATH/),
        why: expect.stringContaining(join(folder, 'scratch')),
      }),
    ]);
    expect(await endOf(service, await upload(service, SMALL))).toMatchObject({ status: 'succeeded' });
  });
});
