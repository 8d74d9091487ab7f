import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

type Instruction = { name: string; argument: string };

/** Enough of the Dockerfile grammar for ours: comment lines and lines continued by a backslash; no heredocs. */
function instructions(dockerfile: string): Instruction[] {
  return dockerfile
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .map((line) => /^(?<name>[A-Z]+)\s+(?<argument>.+)$/.exec(line)?.groups)
    .filter((groups) => groups !== undefined)
    .map(({ name = '', argument = '' }) => ({ name, argument: argument.trim() }));
}

const all = instructions(readFileSync(`${ROOT}Dockerfile`, 'utf8'));
const shipped = all.slice(all.findLastIndex(({ name }) => name === 'FROM'));

function argumentsOf(name: string, of = shipped): string[] {
  return of.filter((instruction) => instruction.name === name).map(({ argument }) => argument);
}

const copiedFromRepository = argumentsOf('COPY', all)
  .filter((argument) => !argument.startsWith('--from='))
  .flatMap((argument) => argument.split(/\s+/).slice(0, -1));

describe('the image', () => {
  test.each(copiedFromRepository)(
    'copies %s, which exists and is not held back by .dockerignore',
    (source) => {
      expect(existsSync(`${ROOT}${source}`)).toBe(true);
      expect(readFileSync(`${ROOT}.dockerignore`, 'utf8').split('\n')).toContain(`!${source}`);
    },
  );

  test('has the sources that run, and no other', () => {
    expect(argumentsOf('COPY')).toEqual([
      '--from=dependencies /app/node_modules node_modules',
      'LICENSE THIRD_PARTY.md package.json ./',
      'shared shared',
      'workers workers',
      'server server',
    ]);
  });

  test('leaves development dependencies out', () => {
    const installs = argumentsOf('RUN', all).filter((command) => /\bnpm (ci|i|install)\b/.test(command));
    expect(installs).toEqual([expect.stringContaining('npm ci --omit=dev')]);
  });

  test('takes its base images by build argument', () => {
    expect(argumentsOf('FROM', all)).toEqual([
      expect.stringMatching(/^\$\{BUILD_IMAGE\}/),
      expect.stringMatching(/^\$\{BASE_IMAGE\}$/),
    ]);
    expect(argumentsOf('ARG', all)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^BUILD_IMAGE=./),
        expect.stringMatching(/^BASE_IMAGE=./),
      ]),
    );
  });

  test('runs as a user that is not root, by number', () => {
    expect(argumentsOf('USER')).toEqual([expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/)]);
    const order = shipped.map(({ name }) => name);
    expect(order.indexOf('USER')).toBeLessThan(order.indexOf('ENTRYPOINT'));
  });

  test('starts the service below an init, without a shell that would keep signals from it', () => {
    expect(argumentsOf('ENTRYPOINT').map((argument) => JSON.parse(argument))).toEqual([
      ['tini', '--', 'node', '--max-semi-space-size=2', 'server/main.ts'],
    ]);
    expect(argumentsOf('CMD')).toEqual([]);
    expect(argumentsOf('STOPSIGNAL')).toEqual(['SIGTERM']);
  });

  test('says when it is not alive', () => {
    const [healthCheck = ''] = argumentsOf('HEALTHCHECK');
    const command: string[] = JSON.parse(healthCheck.slice(healthCheck.indexOf('[')));
    expect(command.slice(0, 2)).toEqual(['node', '-e']);
    expect(command[2]).toContain('/livez');
  });

  test('keeps its data in a volume', () => {
    expect(argumentsOf('ENV').join(' ')).toContain('BASE_PATH=/data');
    expect(argumentsOf('VOLUME')).toEqual(['/data']);
  });
});
