import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { lockedPackages, packageFile, ROOT } from './lock-file.ts';

const { dependencies, devDependencies, optionalDependencies, allowScripts } = packageFile;

const bundlerOf = (path: string) => path.slice(0, path.lastIndexOf('/node_modules/'));

describe('the lock file', () => {
  test('has the SHA-512 of every package, be it its own or that of the one that it comes within', () => {
    const withDigest = new Set(
      lockedPackages
        .filter(({ integrity }) => /^sha512-[\w+/]{86}==$/.test(integrity ?? ''))
        .map(({ path }) => path),
    );
    const without = lockedPackages.filter(
      ({ path, inBundle }) => !withDigest.has(inBundle ? bundlerOf(path) : path),
    );
    expect(lockedPackages.length).toBeGreaterThan(100);
    expect(without.map(({ path }) => path)).toEqual([]);
  });

  test('takes packages from the registry alone: no link, no file, no repository, no other host', () => {
    const isFromRegistry = (resolved = 'https://registry.npmjs.org/') =>
      resolved.startsWith('https://registry.npmjs.org/');
    const others = lockedPackages.filter(({ link, resolved }) => link || !isFromRegistry(resolved));
    expect(others.map(({ path }) => path)).toEqual([]);
  });

  test('is of versions that are named exactly', () => {
    const named = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
    expect(named.filter(([, version]) => !/^\d+\.\d+\.\d+(-beta\.\d+)?$/.test(version))).toEqual([]);
    const locked = new Map(lockedPackages.map(({ path, version }) => [path, version]));
    for (const [name, version] of named)
      expect([name, locked.get(`node_modules/${name}`)]).toEqual([name, version]);
  });
});

describe('scripts at installation', () => {
  test('are allowed or forbidden for every package that has one, by its name, and for no other', () => {
    const withScript = lockedPackages.filter(({ hasInstallScript }) => hasInstallScript);
    expect(new Set(withScript.map(({ name }) => name))).toEqual(new Set(Object.keys(allowScripts)));
  });

  test('are of nothing that runs in production', () => {
    expect(lockedPackages.filter(({ dev, hasInstallScript }) => hasInstallScript && !dev)).toEqual([]);
  });

  test('end the installation where they are of a package that is not named', async () => {
    expect(await readFile(`${ROOT}.npmrc`, 'utf8')).toMatch(/^strict-allow-scripts=true$/m);
  });
});
