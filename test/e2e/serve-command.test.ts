import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { askDoctor } from '../helpers/doctor.ts';
import { PROFILE } from '../helpers/profile.ts';
import { dataFolder, RUNTIME, RunningService } from '../helpers/service.ts';
import { storesOf } from '../helpers/stores.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

test('`darkroom serve` is the service, with its own pid and signals; the doctor beside it finds both well', async () => {
  const folder = await dataFolder();
  const { env: stores } = await storesOf({ folder });
  const env = { PATH: process.env.PATH, BASE_PATH: folder, PORT: '0', N_WORKERS: '1', ...stores };
  const runtime = join(ROOT, 'node_modules/.bin', RUNTIME);
  const child = spawn(runtime, [join(ROOT, 'server/cli/darkroom.ts'), 'serve'], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await using service = new RunningService(child, folder, true);
  const { url, pid } = await service.logged('listening');
  expect(pid).toBe(service.pid);
  // The spare makes one more.
  let ready = 0;
  await service.logged((line) => line.msg === 'worker ready' && ++ready === 2);

  const { port } = new URL(String(url));
  const { lines } = await askDoctor({ env: { ...stores, BASE_PATH: folder, PORT: port, N_WORKERS: '1' } });
  expect(lines('fail')).toEqual([]);
  expect(lines('ok')).toEqual(
    expect.arrayContaining([
      expect.stringMatching(`^port: a service answers at 127.0.0.1:${port} -> null$`),
      expect.stringMatching(/^BASE_PATH.*: a service works in /),
      expect.stringMatching(PROFILE === 'cluster' ? /^storage: .* puts, lists/ : /^database: .* is whole, /),
    ]),
  );

  expect((await fetch(new URL('/readyz', String(url)))).status).toBe(200);
  child.kill('SIGTERM');
  expect(await service.exited).toEqual({ code: 0, signal: null });
});
