import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import type { Finding } from '../../server/doctor/finding.ts';
import { RUNTIME } from './service.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const Told = z.object({
  verdict: z.enum(['ok', 'warn', 'fail']),
  findings: z.array(
    z.object({
      check: z.string(),
      verdict: z.enum(['ok', 'warn', 'fail']),
      told: z.string(),
      mend: z.string().nullable(),
    }),
  ),
});

export interface Examination {
  code: number | null;
  verdict: Finding['verdict'];
  findings: Finding[];
  /** Those of a kind, each in a line of its check, what is told, and its mend. */
  lines(verdict: Finding['verdict']): string[];
}

export interface DoctorOptions {
  /** All that it has of an environment, beside PATH. */
  env: Record<string, string>;
  /** What stands before its command, such as a limit. */
  prefix?: readonly string[];
  /** A module that is loaded before it. */
  preload?: string;
}

/** `darkroom doctor --json`, on the runtime of the services under test. */
export async function askDoctor({ env, prefix = [], preload }: DoctorOptions): Promise<Examination> {
  const preloads = preload === undefined ? [] : ['--import', preload];
  const command = [...prefix, join(ROOT, 'node_modules/.bin', RUNTIME), ...preloads];
  const [file = '', ...args] = [...command, join(ROOT, 'server/cli/darkroom.ts'), 'doctor', '--json'];
  const child = spawn(file, args, {
    cwd: ROOT,
    env: { PATH: process.env.PATH, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'close');
  const told = Told.parse(JSON.parse(await text(child.stdout)));
  const [code] = await ended;
  return {
    code,
    ...told,
    lines: (verdict) =>
      told.findings
        .filter((finding) => finding.verdict === verdict)
        .map(({ check, told, mend }) => `${check}: ${told} -> ${mend}`),
  };
}
