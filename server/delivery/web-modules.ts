import { readFile } from 'node:fs/promises';
import module from 'node:module';
import { extname } from 'node:path';

/** Modules of pages, made from the TypeScript that stands in this repository; in a package, from what it was compiled to. */

const SERVER = new URL('../', import.meta.url);

/** Of our modules: `.ts`, and `.js` in a package. */
const EXTENSION = extname(import.meta.filename);

/** Packages that pages use: their one file, which imports nothing. */
const PACKAGES: Record<string, string> = { thumbhash: 'thumbhash' };

export interface WebModule {
  /** Below the address of all files of pages, such as `web/page.js`. */
  path: string;
  /** JavaScript. */
  text: string;
}

/**
 * Modules by their paths: this one and all that it imports, so that nothing else of the service can be asked for.
 * @param path below `server` and without its extension, such as `web/page`
 */
export async function modulesFrom(path: string): Promise<Map<string, WebModule>> {
  const found = new Map<string, WebModule>();
  const visit = async (source: string, load: () => Promise<string>): Promise<void> => {
    const served = source.replace(/\.ts$/, '.js');
    if (found.has(served)) return;
    const made = { path: served, text: '' };
    found.set(served, made);
    const javascript = await load();
    made.text = javascript.replace(
      IMPORT,
      (_all, from: string, name: string) => `${from}'${addressOf(name)}'`,
    );
    for (const [, , name = ''] of javascript.matchAll(IMPORT)) await visitImport(source, name);
  };
  const visitImport = (source: string, name: string): Promise<void> => {
    if (!name.startsWith('.')) return visit(`packages/${name}.js`, () => packageText(name));
    const target = new URL(name, new URL(source, SERVER)).href.slice(SERVER.href.length);
    return visit(target, () => sourceText(target));
  };
  const first = `${path}${EXTENSION}`;
  await visit(first, () => sourceText(first));
  return found;
}

/** Of a module without types: both runtimes write a statement of a name and one of a list alike. */
const IMPORT = /^((?:import|export)\b[^'";]*\bfrom\s*)['"]([^'"]+)['"]/gm;

const addressOf = (name: string): string =>
  name.startsWith('.') ? name.replace(/\.ts$/, '.js') : `../packages/${name}.js`;

async function sourceText(path: string): Promise<string> {
  const text = await readFile(new URL(path, SERVER), 'utf8');
  return path.endsWith('.ts') ? withoutTypes(text) : text;
}

function packageText(name: string): Promise<string> {
  const known = PACKAGES[name];
  if (known === undefined) throw new Error(`no page may import ${name}`);
  return readFile(new URL(import.meta.resolve(known)), 'utf8');
}

/** Bun has a transpiler in place of what Node strips by. */
function withoutTypes(source: string): string {
  const { Bun } = globalThis as {
    Bun?: { Transpiler: new (options: object) => { transformSync(source: string): string } };
  };
  if (!Bun) return module.stripTypeScriptTypes(source);
  return new Bun.Transpiler({ loader: 'ts', target: 'browser' }).transformSync(source);
}
