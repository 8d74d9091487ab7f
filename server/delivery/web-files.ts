import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { modulesFrom, type WebModule } from './web-modules.ts';

const WEB = new URL('../web/', import.meta.url);

/** The pages, by the module that each begins with. */
const PAGES = { page: 'page.html', ops: 'ops.html' } as const;
export type PageName = keyof typeof PAGES;

const ASSETS: Record<string, string> = {
  'base.css': 'text/css; charset=utf-8',
  'controls.css': 'text/css; charset=utf-8',
  'page.css': 'text/css; charset=utf-8',
  'photos.css': 'text/css; charset=utf-8',
  'result.css': 'text/css; charset=utf-8',
  'ops.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

export interface WebFile {
  text: string;
  type: string;
}

/** What browsers are given of the pages, as it is in this version of the service. */
export interface WebFiles {
  /** Stands in the address of each file, and is another one when any of them is. */
  version: string;
  files: ReadonlyMap<string, WebFile>;
  html: Readonly<Record<PageName, string>>;
}

/** @param maxUploadBytes told to who chooses a picture */
export async function readWebFiles(maxUploadBytes: number): Promise<WebFiles> {
  const files = new Map<string, WebFile>();
  for (const [name, type] of Object.entries(ASSETS))
    files.set(`web/${name}`, { text: await read(name), type });
  const modules = { page: await modulesFrom('web/page'), ops: await modulesFrom('web/ops') };
  for (const { path, text } of [...modules.page.values(), ...modules.ops.values()])
    files.set(path, { text, type: 'text/javascript; charset=utf-8' });
  const version = digestOf(files);
  const html = async (name: PageName) =>
    (await read(PAGES[name]))
      .replaceAll('{{web}}', `/web/${version}/web`)
      .replace('{{preloads}}', preloads(version, [...modules[name].values()]))
      .replace('{{max-upload-bytes}}', String(maxUploadBytes));
  return { version, files, html: { page: await html('page'), ops: await html('ops') } };
}

/** All modules at once, not each when the one before it has come. */
const preloads = (version: string, modules: readonly WebModule[]): string =>
  modules.map(({ path }) => `<link rel="modulepreload" href="/web/${version}/${path}">`).join('\n');

const read = (name: string): Promise<string> => readFile(new URL(name, WEB), 'utf8');

function digestOf(files: ReadonlyMap<string, WebFile>): string {
  const hash = createHash('sha256');
  for (const [path, { text }] of files) hash.update(`${path}\0${text}\0`);
  return hash.digest('hex').slice(0, 16);
}
