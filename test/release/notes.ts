/** Prints what CHANGELOG.md says of a version: `node test/release/notes.ts 0.1.0`. Exit code 1 where it has none. */
import { readFileSync } from 'node:fs';
import { partOf } from './changelog.ts';
import { ROOT } from './package-folder.ts';

process.stdout.write(`${partOf(readFileSync(`${ROOT}CHANGELOG.md`, 'utf8'), process.argv[2] ?? '')}\n`);
