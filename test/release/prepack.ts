/**
 * Compiles what a package has in the place of the sources, as Node strips no types below node_modules: into `dist`, which postpack
 * removes. npm calls both, for `npm pack` and `npm publish` alike.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { withCompiledNames } from './compiled-names.ts';
import { DIST, ROOT } from './package-folder.ts';

/** As tsconfig.package.json has it, for the other project; its types `npm run types` has checked. */
const AS_A_PACKAGE = [
  '--noEmit',
  'false',
  '--rewriteRelativeImportExtensions',
  '--noCheck',
  '--rootDir',
  '.',
];

const tsc = (...args: string[]) =>
  execFileSync(join(ROOT, 'node_modules/.bin/tsc'), args, { cwd: ROOT, stdio: 'inherit' });

rmSync(DIST, { recursive: true, force: true });
tsc('--project', 'tsconfig.package.json');
// What browsers run knows of a DOM, and the rest does not.
tsc('--project', 'server/web', ...AS_A_PACKAGE, '--outDir', 'dist');

for (const path of globSync('**/*.{js,d.ts}', { cwd: DIST })) {
  const file = join(DIST, path);
  writeFileSync(file, withCompiledNames(path, readFileSync(file, 'utf8')));
}

for (const path of globSync('server/web/*.{html,css,svg}', { cwd: ROOT })) {
  mkdirSync(dirname(join(DIST, path)), { recursive: true });
  copyFileSync(join(ROOT, path), join(DIST, path));
}

// It says that these are modules, to workers in a sandbox as well, who see nothing above it.
const { name, version, type } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
writeFileSync(join(DIST, 'package.json'), `${JSON.stringify({ name, version, type })}\n`);
