import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { RUNTIME } from './service.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface OperatorCommand {
  process: ChildProcess;
  /** Resolves with the first line on its standard error. */
  said: Promise<string>;
  ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/**
 * Starts a command of `darkroom`, on the runtime of the services under test.
 * @param environment all that it has of one; by default that of the tests
 */
export function startCommand(
  name: string,
  flags: readonly string[],
  environment?: Record<string, string | undefined>,
): OperatorCommand {
  const runtime = join(ROOT, 'node_modules/.bin', RUNTIME);
  const child = spawn(runtime, [join(ROOT, 'server/cli/darkroom.ts'), name, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(environment && { env: { PATH: process.env.PATH, ...environment } }),
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  const said = Promise.withResolvers<string>();
  createInterface(child.stderr).on('line', (line) => {
    lines.push(line);
    said.resolve(line);
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  const ended = once(child, 'close').then(([code]) => ({ code, stdout, stderr: lines.join('\n') }));
  return { process: child, said: said.promise, ended };
}
