import { once } from 'node:events';
import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { type ContainerOptions, startContainer } from '../helpers/container.ts';
import { giveTo, readImage } from '../helpers/image.ts';
import { ownFolder } from '../helpers/own-folder.ts';
import { RUNTIME, spawnService, startService } from '../helpers/service.ts';
import { inEachSandbox } from '../helpers/strict.ts';
import { endOf, upload } from '../helpers/upload.ts';
import { figuresOf } from './figures.ts';

const PACKAGE = new URL('../../package.json', import.meta.url);
const TINY = imagePath('tiny_1x1.png');

/** What an image may have, runtime and libraries with it; both have some 20 MB less. */
const MAX_BYTES = 200e6;

const image = readImage(process.env.DARKROOM_IMAGE ?? '');
const { root, config } = image;

/** Runs a command in a container to its end. */
async function ran(options: ContainerOptions) {
  const child = startContainer(image, { ...options, stdio: 'pipe' });
  const streams = [child.stdout, child.stderr].map((stream) => (stream ? text(stream) : ''));
  const [code] = await once(child, 'exit');
  const [stdout = '', stderr = ''] = await Promise.all(streams);
  return { code, stdout, stderr };
}

describe('what is in the image', () => {
  test('programs are those that run: no shell, no package manager, no other runtime', () => {
    expect(readdirSync(join(root, 'usr/bin'))).toEqual(['bwrap', 'prlimit', 'setpriv', 'tini']);
    expect(readdirSync(join(root, 'usr/local/bin'))).toEqual(['darkroom', 'healthcheck', RUNTIME].toSorted());
    expect(
      readdirSync(join(root, 'app/node_modules')).filter((name) => /^(bun|node-|\.)/.test(name)),
    ).toEqual([]);
  });

  test('nobody but root can write to it, and nothing gives rights', () => {
    const open = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => {
      const stat = lstatSync(join(root, path));
      return !stat.isSymbolicLink() && (stat.uid !== 0 || (stat.mode & 0o6022) !== 0);
    });
    expect(open.toSorted()).toEqual(['data', 'tmp']);
    expect(statSync(join(root, 'data'))).toMatchObject({ uid: 10_001, gid: 10_001 });
    expect(statSync(join(root, 'data')).mode & 0o777).toBe(0o700);
  });

  test('it is small', () => {
    expect(figuresOf(root).bytes).toBeLessThan(MAX_BYTES);
  });

  test('scanners find which Debian it is, and the packages that files are of, with their licences', () => {
    expect(readFileSync(join(root, 'etc/os-release'), 'utf8')).toContain('ID=debian');
    const packages = readdirSync(join(root, 'var/lib/dpkg/status.d'));
    expect(packages).toEqual(
      expect.arrayContaining(['bubblewrap', 'libc6', 'libstdc++6', 'tini', 'util-linux']),
    );
    for (const name of packages) {
      expect(readFileSync(join(root, 'var/lib/dpkg/status.d', name), 'utf8')).toMatch(/^Version: /m);
      expect(readFileSync(join(root, 'usr/share/doc', name, 'copyright'), 'utf8')).not.toBe('');
    }
  });

  test('labels say what it is, and of which version', () => {
    const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8'));
    expect(config.Labels).toMatchObject({
      'org.opencontainers.image.title': 'Darkroom',
      'org.opencontainers.image.licenses': 'MIT',
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.revision': expect.stringMatching(/^([\da-f]{40}|unknown)$/),
    });
  });
});

describe('commands in the image', () => {
  test('are those of `darkroom`, behind its name', async () => {
    const made = await ran({ command: ['keys', 'new', '--id', 'ops', '--scopes', 'upload'] });
    expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('"id":"ops"') });
    expect(await ran({ command: ['serv'] })).toMatchObject({ code: 2 });
  });

  test('the doctor has nothing to mend', async () => {
    const data = await ownFolder();
    await giveTo(image, data);
    const { code, stdout } = await ran({ command: ['doctor'], data, env: { HOST: '127.0.0.1', PORT: '0' } });
    expect(stdout.split('\n').filter((line) => line.startsWith('fail'))).toEqual([]);
    expect(code).toBe(0);
  });
});

describe('a container', () => {
  test('is found alive by its health check while it answers, and not otherwise', async () => {
    const [kind, ...program] = config.Healthcheck.Test;
    expect(kind).toBe('CMD');
    await using service = await startService();
    const env = { PORT: new URL(service.url).port };
    expect(await ran({ program, env })).toMatchObject({ code: 0 });
    expect(await ran({ program, env: { ...env, HOST: '127.0.0.1' } })).toMatchObject({ code: 0 });
    service.process.kill('SIGTERM');
    await service.exited;
    expect(await ran({ program, env })).toMatchObject({ code: 1 });
  });

  test('drains at SIGTERM to its first process, and ends with what the service ends with', async () => {
    await using service = await startService();
    expect(await endOf(service, await upload(service, TINY))).toMatchObject({ status: 'succeeded' });
    service.process.kill('SIGTERM');
    await service.logged('drained');
    expect(await service.exited).toEqual({ code: 0, signal: null });

    await using wrong = await spawnService(await ownFolder(), { env: { PORT: '99999' } });
    expect(await wrong.exited).toEqual({ code: 78, signal: null });
  });

  test('has the layers that need programs of the system', async () => {
    await using service = await startService();
    const line = await service.logged('isolation layers in force');
    expect(line.layers).toEqual(
      expect.arrayContaining(['no_new_privs', 'parent-death signal', 'memory limit', 'file size limit']),
    );
  });
});

inEachSandbox('workers in a container', (env) => {
  test('make what was asked for', async () => {
    await using service = await startService({ env });
    expect(await endOf(service, await upload(service, TINY))).toMatchObject({ status: 'succeeded' });
  });
});
