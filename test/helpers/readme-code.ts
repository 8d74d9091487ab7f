import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const README = new URL('../../README.md', import.meta.url);

/** The block of TypeScript of the README that exports this name, as a program has it: what is shown there is what works. */
export async function importFromReadme<T>(name: string, folder: string): Promise<T> {
  const readme = await readFile(README, 'utf8');
  const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);
  const code = blocks.find((block) => new RegExp(`^export \\w+ ${name}\\b`, 'm').test(block));
  if (code === undefined) throw new Error(`the README shows no ${name}`);
  const path = join(folder, `${name}.ts`);
  await writeFile(path, code);
  const module: Record<string, T> = await import(/* @vite-ignore */ pathToFileURL(path).href);
  return module[name] as T;
}
