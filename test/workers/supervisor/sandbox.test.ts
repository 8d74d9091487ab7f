import { readFileSync } from 'node:fs';
import { chmod, readdir } from 'node:fs/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { NAMESPACE_LAYERS } from '../../../shared/domain/isolation.ts';
import { prepareLaunch } from '../../../workers/supervisor/launcher.ts';
import { WORKER_PROGRAM } from '../../../workers/supervisor/program.ts';
import { Scratch } from '../../../workers/supervisor/scratch.ts';
import { WorkerProcess } from '../../../workers/supervisor/worker-process.ts';
import { MAX_DATA_BYTES } from '../../helpers/fixture-worker.ts';
import { ownFolder } from '../../helpers/own-folder.ts';
import { recordingLog } from '../../helpers/recording-log.ts';
import { IS_ROOT, SKIPS_STRICT } from '../../helpers/strict.ts';

const PROGRAM = new URL('../../../workers/supervisor/program.ts', import.meta.url).pathname;

async function strict(hidden: string[], program = WORKER_PROGRAM) {
  const folder = await ownFolder();
  await chmod(folder, 0o711);
  const options = { workerSandbox: 'strict', workerMaxDataBytes: MAX_DATA_BYTES, hidden } as const;
  return { folder, launching: await prepareLaunch(await Scratch.open(folder), options, program) };
}

describe.skipIf(SKIPS_STRICT)('a sandbox', () => {
  test('is tried out, leaves nothing of that, and starts workers', async () => {
    const { folder, launching } = await strict([PROGRAM]);
    expect(launching.isolation).toMatchObject({
      sandbox: 'strict',
      layers: expect.arrayContaining([...NAMESPACE_LAYERS]),
      missing: IS_ROOT ? [] : [{ layer: 'user of its own', why: 'the service is not root' }],
    });
    expect(await readdir(folder)).toEqual([]);

    const worker = new WorkerProcess(launching.launch(), recordingLog().log);
    onTestFinished(() => worker.kill('drain'));
    expect(await worker.ready).toBe(true);
    worker.stop();
    expect(await worker.ended).toEqual({ exitCode: 0, signal: null, killedFor: null });
    expect(await readdir(folder)).toEqual([]);
  });

  test('is none where a worker would see what it must not', async () => {
    await expect(strict(['/usr/lib'])).rejects.toThrow(
      /^WORKER_SANDBOX=strict cannot be in force here: it can see \/usr\/lib\. It needs bubblewrap/,
    );
  });

  test('is none where a worker would not find its code', async () => {
    const [first = '', ...code] = WORKER_PROGRAM.code;
    expect(JSON.parse(readFileSync(first, 'utf8'))).toMatchObject({ type: 'module' });
    const program = { ...WORKER_PROGRAM, code: code.slice(0, -1) };
    await expect(strict([], program)).rejects.toThrow(
      /cannot be in force here: a worker would fail: Cannot find (?:module|package) 'sharp'/,
    );
  });
});
