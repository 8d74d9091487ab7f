/**
 * Prints what Darkroom is made of in production, on whatever machine, in CycloneDX: `npm run --silent sbom > sbom.json`.
 * npm's own `--omit dev` leaves out what a development dependency needs as well, which sharp is one of (npm 11.19), so it
 * is given the production half of the lock file alone.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { lockFile, packageFile, ROOT } from './lock-file.ts';

const Component = z.looseObject({ name: z.string(), version: z.string() });
const Sbom = z.looseObject({
  metadata: z.looseObject({ component: Component }),
  components: z.array(Component),
});

/** Of the libraries that are within a package of libvips, and that no package manager knows of. */
const Versions = z.record(z.string(), z.string());

function productionSbom(): z.infer<typeof Sbom> {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-sbom-'));
  // npm calls the whole by its folder.
  const project = join(folder, packageFile.name);
  try {
    mkdirSync(project);
    const { devDependencies: _, overrides: __, ...manifest } = packageFile;
    const { '': root, ...packages } = lockFile.packages;
    const production = Object.entries(packages).filter(([, entry]) => !entry.dev);
    const locked = { '': { ...root, devDependencies: {} }, ...Object.fromEntries(production) };
    writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(project, 'package-lock.json'), JSON.stringify({ ...lockFile, packages: locked }));
    const args = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only'];
    return Sbom.parse(JSON.parse(execFileSync('npm', args, { cwd: project, encoding: 'utf8' })));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** With the libraries that it has within, where it is installed here: their holes are not found by the package's name. */
function withLibraries(component: z.infer<typeof Component>): z.infer<typeof Component> {
  const path = join(ROOT, 'node_modules', component.name, 'versions.json');
  if (!component.name.startsWith('@img/sharp-libvips-') || !existsSync(path)) return component;
  const versions = Versions.parse(JSON.parse(readFileSync(path, 'utf8')));
  const components = Object.entries(versions).map(([name, version]) => ({
    'bom-ref': `${component.name}@${component.version}/${name}@${version}`,
    type: 'library',
    name,
    version,
    purl: `pkg:generic/${name}@${version}`,
  }));
  return { ...component, components };
}

const sbom = productionSbom();
const whole = { ...sbom, components: sbom.components.map(withLibraries) };
process.stdout.write(`${JSON.stringify(whole, null, 2)}\n`);
