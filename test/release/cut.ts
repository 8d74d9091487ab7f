/**
 * What `npm version` does beside package.json and its lock: the section of CHANGELOG.md, and the data that this version leaves, which
 * every later one is tried on. npm commits and tags what is staged here.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { folderOf, VERSION } from '../../testdata/releases/release.ts';
import { released } from './changelog.ts';
import { ROOT } from './package-folder.ts';

const CHANGELOG = `${ROOT}CHANGELOG.md`;

const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format();
writeFileSync(CHANGELOG, released(readFileSync(CHANGELOG, 'utf8'), VERSION, day));
await import('../../testdata/releases/make.ts');
execFileSync('git', ['add', '--all', CHANGELOG, folderOf(VERSION)], { cwd: ROOT, stdio: 'inherit' });
