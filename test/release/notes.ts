/**
 * Prints what CHANGELOG.md says of the version of package.json, for a tag: `node test/release/notes.ts v0.1.0`. Exit code 1 where
 * the tag is of another one, or CHANGELOG.md has none.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { partOf } from './changelog.ts';
import { ROOT } from './package-folder.ts';

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')));
const [, , tag] = process.argv;
if (tag !== `v${version}`) throw new Error(`package.json has ${version}, which is not what ${tag} names`);
process.stdout.write(`${partOf(readFileSync(`${ROOT}CHANGELOG.md`, 'utf8'), version)}\n`);
