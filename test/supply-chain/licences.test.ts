import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { lockedPackages, ROOT } from './lock-file.ts';
import { licenceOf, shipped, thirdParty } from './third-party.ts';

/** SPDX names of licences that ask for no more than to be named. */
const PERMISSIVE = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Unlicense',
];

/** What is passed on under the LGPL, and stays a file that can be changed: THIRD_PARTY.md says what that asks for. */
const LGPL = /^(@img\/sharp-(libvips-.+|wasm32|win32-.+)|libheif-js)$/;

/** Of development alone, and passed on to nobody. */
const ONLY_USED = ['MPL-2.0'];

/** Each licence of an expression: all of AND have to be kept, one of OR may be taken. */
function isAmong(expression: string, licences: readonly string[]): boolean {
  const choices = expression.replaceAll(/[()]/g, '').split(' OR ');
  return choices.some((choice) => choice.split(' AND ').every((licence) => licences.includes(licence)));
}

test('all that is shipped is under a licence that we know', () => {
  const unknown = shipped.filter((it) => {
    const licences = LGPL.test(it.name) ? [...PERMISSIVE, 'LGPL-3.0', 'LGPL-3.0-or-later'] : PERMISSIVE;
    return !isAmong(licenceOf(it), licences);
  });
  expect(unknown.map((it) => `${it.name}: ${licenceOf(it)}`)).toEqual([]);
});

test('all that development needs is, too', () => {
  const licences = [...PERMISSIVE, ...ONLY_USED];
  const unknown = lockedPackages.filter((it) => it.dev && !it.inBundle && !isAmong(licenceOf(it), licences));
  expect(unknown.map((it) => `${it.name}: ${licenceOf(it)}`)).toEqual([]);
});

test('THIRD_PARTY.md is what `npm run licences` makes of the lock file', async () => {
  expect(await readFile(`${ROOT}THIRD_PARTY.md`, 'utf8')).toBe(thirdParty());
});
