import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const HERE = fileURLToPath(new URL('./', import.meta.url));
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const Ids = z.object({ id: z.uuid(), links: z.object({ self: z.string(), job: z.string() }) });
export type Ids = z.infer<typeof Ids>;

/** What a service of a release was given, and what it said of it before it was killed. */
export const Lived = z.object({
  version: z.string(),
  /** Pictures by what became of them. */
  images: z.record(
    z.enum(['shown', 'twin', 'alike', 'failed', 'quarantined', 'deleted', 'running', 'waiting']),
    Ids,
  ),
  /** Answers in JSON, by their paths. */
  answers: z.record(z.string(), z.looseObject({})),
  /** The SHA-256 of answers, by their paths. */
  files: z.record(z.string(), z.string()),
});
export type Lived = z.infer<typeof Lived>;

/** The folder of a release: `data` of one machine, `bucket` and `database.sql` of many, and what each has said, in `*.json`. */
export const folderOf = (version: string): string => `${HERE}${version}/`;

/** Those that have a folder, from the eldest. */
export const releases = (): string[] =>
  readdirSync(HERE, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(`${folderOf(entry.name)}one-machine.json`))
    .map(({ name }) => name)
    .toSorted((one, other) => one.localeCompare(other, undefined, { numeric: true }));

export function livedOn(version: string, stores: 'one-machine' | 'many-machines'): Lived {
  return Lived.parse(JSON.parse(readFileSync(`${folderOf(version)}${stores}.json`, 'utf8')));
}

/** Of the version that is checked out. */
export const VERSION = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'))).version;
