import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Store } from './store.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const NAME = 'darkroom-build';
const SUITE = 'bookworm';

/** What the Dockerfile installs of Debian: here already, so that it finds them. */
const PACKAGES = ['apt', 'tini', 'bubblewrap', 'util-linux', 'libstdc++6'];

const NPM = 'npm@11.19.1';
const Packed = z.tuple([z.object({ filename: z.string() })]);

/** Certificates of a proxy that this machine trusts are trusted by the build, too. */
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

/**
 * Makes what stands in for BUILD_IMAGE where there is no registry: a small Debian with the Node that runs here, and an
 * npm that has the registry of this machine.
 * @returns its name
 */
export function makeBuildImage(store: Store): string {
  const folder = join(store.folder, 'debian');
  execFileSync(
    'mmdebstrap',
    [
      '--quiet',
      '--variant=essential',
      `--include=${PACKAGES.join(',')}`,
      '--aptopt=Acquire::Languages "none"',
      SUITE,
      folder,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const [{ filename }] = Packed.parse(
    JSON.parse(npm('pack', NPM, '--json', '--pack-destination', store.folder)),
  );
  store.within('scratch', (root, container) => {
    const put = (source: string, target: string) => {
      mkdirSync(dirname(join(root, target)), { recursive: true });
      cpSync(source, join(root, target), { recursive: true, dereference: true });
    };
    execFileSync('cp', ['--archive', `${folder}/.`, root]);
    put(process.execPath, 'usr/local/bin/node');
    const modules = join(root, 'usr/local/lib/node_modules');
    mkdirSync(modules, { recursive: true });
    execFileSync('tar', ['--extract', '--file', join(store.folder, filename), '--directory', modules]);
    renameSync(join(modules, 'package'), join(modules, 'npm'));
    symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'));
    const variables = [`npm_config_registry=${npm('config', 'get', 'registry').trim()}`];
    if (existsSync(CERTIFICATES)) {
      put(CERTIFICATES, CERTIFICATES);
      variables.push(`NODE_EXTRA_CA_CERTS=${CERTIFICATES}`);
    }
    for (const variable of variables) store.buildah('config', '--env', variable, container);
    store.buildah('commit', '--quiet', container, NAME);
  });
  return `localhost/${NAME}`;
}

/**
 * Builds a target of the Dockerfile.
 * @returns the name of the image
 */
export function buildTarget(store: Store, target: string, buildImage: string): string {
  const name = `darkroom-image:${target}`;
  // As Docker keeps images: OCI knows of no HEALTHCHECK.
  store.buildah(
    ...[
      'build',
      '--format',
      'docker',
      '--isolation',
      'chroot',
      '--layers',
      '--target',
      target,
      '--tag',
      name,
    ],
    ...['--build-arg', `BUILD_IMAGE=${buildImage}`, '--build-arg', `REVISION=${revision()}`, ROOT],
  );
  return name;
}

const revision = (): string => {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
};

const npm = (...args: string[]): string => execFileSync('npm', args, { encoding: 'utf8' });
