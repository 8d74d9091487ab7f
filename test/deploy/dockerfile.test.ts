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

/** The instructions of each stage, by its name. */
const stages = new Map<string, Instruction[]>();
for (const instruction of all) {
  const name = /^\S+ AS (\w[\w-]*)$/.exec(instruction.argument)?.[1];
  if (instruction.name === 'FROM') stages.set(name ?? '', []);
  [...stages.values()].at(-1)?.push(instruction);
}

function argumentsOf(name: string, stage?: string): string[] {
  const of = stage === undefined ? all : (stages.get(stage) ?? []);
  return of.filter((instruction) => instruction.name === name).map(({ argument }) => argument);
}

const copiedFromRepository = argumentsOf('COPY')
  .filter((argument) => !argument.startsWith('--from='))
  .flatMap((argument) => argument.split(/\s+/).slice(0, -1));

describe('the image', () => {
  test.each(copiedFromRepository)(
    'copies %s, which exists and is not held back by .dockerignore',
    (source) => {
      expect(existsSync(`${ROOT}${source}`)).toBe(true);
      const allowed = readFileSync(`${ROOT}.dockerignore`, 'utf8').split('\n');
      expect(allowed.some((line) => line === `!${source}` || source.startsWith(`${line.slice(1)}/`))).toBe(
        true,
      );
    },
  );

  test('is there for both runtimes, and for Node unless one is named', () => {
    expect([...stages.keys()]).toEqual(['packages', 'node-root', 'bun-root', 'service', 'bun', 'node']);
    for (const runtime of ['bun', 'node']) {
      expect(stages.get(runtime)?.map(({ name, argument }) => `${name} ${argument}`)).toEqual([
        `FROM service AS ${runtime}`,
        `COPY --from=${runtime}-root /image /`,
      ]);
    }
  });

  test('has the sources that run, and no other', () => {
    expect(argumentsOf('COPY', 'service')).toEqual([
      '--from=packages /app/node_modules node_modules',
      'LICENSE THIRD_PARTY.md package.json ./',
      'deploy/image/healthcheck.ts ./',
      'shared shared',
      'workers workers',
      'server server',
    ]);
  });

  test('leaves development dependencies out', () => {
    const installs = argumentsOf('RUN', 'packages').filter((command) =>
      /\bnpm (ci|i|install)\b/.test(command),
    );
    expect(installs).toEqual([expect.stringContaining('npm ci --omit=dev')]);
  });

  test('takes its base image by build argument, and nothing ships of it but what is copied', () => {
    expect(argumentsOf('FROM')[0]).toMatch(/^\$\{BUILD_IMAGE\} AS packages$/);
    expect(argumentsOf('FROM', 'service')).toEqual(['scratch AS service']);
    expect(argumentsOf('ARG')).toContainEqual(expect.stringMatching(/^BUILD_IMAGE=./));
  });

  test('says what it is, of the version that it is built of', () => {
    const labels = argumentsOf('LABEL').join(' ');
    for (const name of ['title', 'description', 'licenses', 'version', 'revision', 'source', 'created'])
      expect(labels).toContain(`org.opencontainers.image.${name}=`);
    const { version, description, license } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'));
    expect(argumentsOf('ARG')).toContain(`VERSION=${version}`);
    expect(labels).toContain(`"${description}"`);
    expect(labels).toContain(`"${license}"`);
  });

  test('runs as a user that is not root, by number', () => {
    expect(argumentsOf('USER')).toEqual([expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/)]);
  });

  test('starts commands of ours below an init, without a shell that would keep signals from them', () => {
    expect(argumentsOf('ENTRYPOINT').map((argument) => JSON.parse(argument))).toEqual([
      ['tini', '--', 'darkroom'],
    ]);
    expect(argumentsOf('CMD').map((argument) => JSON.parse(argument))).toEqual([['serve']]);
    expect(argumentsOf('STOPSIGNAL')).toEqual(['SIGTERM']);
  });

  test('says when it is not alive', () => {
    expect(argumentsOf('HEALTHCHECK')).toEqual([expect.stringMatching(/ CMD \["healthcheck"\]$/)]);
  });

  test('keeps its data in a volume, and what is spilled in another', () => {
    expect(argumentsOf('ENV').join(' ')).toContain('BASE_PATH=/data');
    expect(argumentsOf('VOLUME')).toEqual(['/data /tmp']);
  });
});
