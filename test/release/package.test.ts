import { execFile, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { imagePath } from '../../testdata/expected.ts';
import { passableFolder } from '../helpers/own-folder.ts';
import { RunningService } from '../helpers/service.ts';
import { whyNotStrict } from '../helpers/strict.ts';
import { type Installed, installPackage, STRANGER } from './installed.ts';
import { ROOT } from './package-folder.ts';

const run = promisify(execFile);

/** In bytes. */
const MOST_BYTES = 1_000_000;

/** Packing compiles, and what is not in npm's cache is fetched. */
const PATIENCE_MS = 300_000;

/** As a site has it, which has no types but those of the package and the platform. */
const USES_CLIENT = `
  import { type DarkroomApi, darkroom } from 'darkroom/client';
  import type { hc } from 'hono/client';

  declare const process: { argv: [string, string, string, string] };
  const [, , url, base64] = process.argv;
  const { api, upload } = darkroom(url);
  const picture = new Blob([Uint8Array.from(atob(base64), (one) => one.charCodeAt(0))]);
  const { id } = await upload(picture, { waitSeconds: 30 });
  const answer = await api.images[':id'].$get({ param: { id } });
  if (!answer.ok) throw new Error(String(answer.status));
  const { status, variants } = await answer.json();
  const widths: number[] = variants.map(({ width }) => width);
  const thumb = variants.find(({ name, format }) => name === 'thumb' && format === 'jpeg');
  console.log(JSON.stringify({ status, widths, url: thumb?.url }));
  export const same: ReturnType<typeof hc<DarkroomApi>> = api;
  // @ts-expect-error no upload has such an option
  export const mistyped = () => upload(picture, { presets: 'listing' });
`;

const TSCONFIG = {
  compilerOptions: {
    module: 'nodenext',
    target: 'es2024',
    lib: ['es2024', 'dom'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
  },
  files: ['uses-client.ts'],
};

const Shown = z.object({ status: z.string(), widths: z.array(z.int()), url: z.string() });

describe('the package, on a machine with npm and an older Node', { timeout: 120_000 }, () => {
  let installed: Installed;
  beforeAll(async () => {
    installed = await installPackage();
  }, PATIENCE_MS);
  afterAll(() => installed?.[Symbol.asyncDispose]());

  test('has what runs, its licences and the runbook, and no tests, data or sources', () => {
    const beside = installed.files.filter((path) => !path.startsWith('dist/'));
    expect(beside.toSorted()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'THIRD_PARTY.md',
      'deploy/RUNBOOK.md',
      'package.json',
      'server/cli/darkroom',
    ]);
    const kinds = new Set(installed.files.map((path) => /\.d\.ts$|\.\w+$/.exec(path)?.[0] ?? ''));
    expect([...kinds].toSorted()).toEqual(['', '.css', '.d.ts', '.html', '.js', '.json', '.md', '.svg']);
    expect(installed.size).toBeLessThan(MOST_BYTES);
  });

  test('`npx darkroom` tells its version, and `doctor` finds all well', async () => {
    const env = { ...STRANGER, BASE_PATH: await passableFolder(), PORT: '0', N_WORKERS: '1' };
    const at = { cwd: installed.project, env };
    const { stdout: version } = await run('npx', ['--no-install', 'darkroom', '--version'], at);
    expect(version).toMatch(/^\d+\.\d+\.\d+\n$/);
    const { stdout } = await run(installed.command('darkroom'), ['doctor', '--json'], at);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: expect.stringMatching(/^(ok|warn)$/) });
    expect(stdout).toContain('reads jpeg, png, webp, avif, heic');
  });

  test('serves: a client in TypeScript, which its types check, uploads to it; SIGTERM drains it', async () => {
    const { project } = installed;
    const folder = await passableFolder();
    const sandbox = whyNotStrict() === null ? 'strict' : 'default';
    const child = spawn(installed.command('darkroom'), ['serve'], {
      cwd: project,
      env: { ...STRANGER, BASE_PATH: folder, PORT: '0', N_WORKERS: '1', WORKER_SANDBOX: sandbox },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await using service = new RunningService(child, folder, false);
    const { url, pid } = await service.logged('listening');
    expect(pid, 'nothing stands between npm and the service').toBe(child.pid);

    await writeFile(join(project, 'uses-client.ts'), USES_CLIENT);
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify(TSCONFIG));
    await run(join(ROOT, 'node_modules/.bin/tsc'), ['--project', project], { cwd: project });
    for (const picture of ['orientation/1.jpg', 'p3.heic'] as const) {
      const given = ['uses-client.ts', String(url), await readFile(imagePath(picture), 'base64')];
      const { stdout } = await run(installed.command('node'), given, { cwd: project, env: STRANGER });
      const shown = Shown.parse(JSON.parse(stdout));
      expect(shown).toMatchObject({ status: 'succeeded', widths: { length: 6 } });
      const variant = await fetch(new URL(shown.url, String(url)));
      expect([variant.status, variant.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
    }

    const page = await (await fetch(new URL('/', String(url)))).text();
    const script = /src="([^"]+\.js)"/.exec(page)?.[1] ?? '';
    expect(await (await fetch(new URL(script, String(url)))).text()).toContain('import ');
    child.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });
});
