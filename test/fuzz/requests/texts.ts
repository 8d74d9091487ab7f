import type { Random } from '../random.ts';

/** What parsers of text trip over; all of it may stand in a header. */
const TELLING = [
  '',
  ' ',
  '0',
  '1',
  '-1',
  '+1',
  '01',
  '1e9',
  '0x10',
  '1.5',
  'NaN',
  'Infinity',
  '9007199254740993',
  '99999999999999999999',
  'null',
  'true',
  'undefined',
  '[object Object]',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '*',
  '*/*',
  ',',
  ';',
  '=',
  '"',
  '""',
  '"\\',
  "'",
  '`',
  '..',
  '../..',
  '.',
  '/',
  '//',
  '\\',
  '%',
  '%00',
  '%2e%2e%2f',
  '%252e',
  '%zz',
  '%c0%ae',
  '%ff',
  '%F0%9F%98%80',
  '{}',
  '[]',
  '[[',
  '{"a":',
  ':',
  '::',
  ':=:',
  '<script>',
  '{{7*7}}',
  '$(id)',
  '; ls',
  '\t',
  'a\tb',
  '2026-13-45',
  '2026-01-01',
  '0000-01-01T00:00:00Z',
  '+275760-09-13T00:00:00Z',
];

/** A text that somebody would not have thought of: a telling one, a long one, any. */
export function oddText(random: Random): string {
  return random.weighted([
    [6, () => random.pick(TELLING)],
    [2, () => random.pick(TELLING).repeat(random.between(1, 40))],
    [1, () => 'a'.repeat(random.pick([31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 4096]))],
    [2, () => printable(random, random.between(1, 40))],
  ])();
}

const printable = (random: Random, length: number): string =>
  Array.from({ length }, () => String.fromCharCode(random.between(0x20, 0x7e))).join('');

/** The text with something left out, repeated, put in or put in its place. */
export function mutateText(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const end = at + random.below(text.length - at + 1);
  return random.weighted([
    [2, () => oddText(random)],
    [2, () => text.slice(0, at) + text.slice(end)],
    [1, () => text.slice(0, end) + text.slice(at)],
    [3, () => text.slice(0, at) + oddText(random) + text.slice(at)],
    [1, () => text.slice(0, at)],
    [1, () => text.toUpperCase()],
  ])();
}

/** Percent-encoded as nobody has to: here and there, twice, broken. */
export function mutateEncoding(text: string, random: Random): string {
  const encode = (letter: string) => `%${letter.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return [...text]
    .map((letter) =>
      random.weighted([
        [8, letter],
        [1, encode(letter)],
        [
          1,
          random.chance(0.2)
            ? random.pick(['%', '%2', '%zz', '%00', '%25', '%c3', '%ed%a0%80', '%2f', '+'])
            : letter,
        ],
      ]),
    )
    .join('');
}
