import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { chmod, chown, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { STANDING_LAYERS } from '../../../../shared/domain/isolation.ts';
import { WORKER_PROGRAM } from '../../../../workers/supervisor/program.ts';
import { filesBelow } from '../../../helpers/files-below.ts';
import { fixturePath, launchingIn, MAX_DATA_BYTES } from '../../../helpers/fixture-worker.ts';
import { ownFolder, passableFolder } from '../../../helpers/own-folder.ts';
import {
  AS_USER,
  identityOf,
  LAYER,
  onlyWhereUsersCanBe,
  started,
  UNPRIVILEGED,
  USER,
} from '../../../helpers/worker-user.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const LAUNCHER = join(ROOT, 'workers/supervisor/launcher.ts');
const SCRATCH = join(ROOT, 'workers/supervisor/scratch.ts');
const PARENT = join(ROOT, 'test/fixtures/launching-parent.ts');

onlyWhereUsersCanBe();

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
