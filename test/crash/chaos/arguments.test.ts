import { expect, test } from 'vitest';
import { UsageError } from '../../helpers/command-line.ts';
import { readArguments } from './arguments.ts';

test('ten minutes on Node, with a seed of its own, where nothing else is said', () => {
  expect(readArguments([])).toEqual({ minutes: 10, seed: expect.any(Number), runtime: 'node', json: false });
  expect(readArguments(['--minutes', '0.5', '--seed', '7', '--runtime', 'bun', '--json'])).toEqual({
    minutes: 0.5,
    seed: 7,
    runtime: 'bun',
    json: true,
  });
});

test.for([
  { argv: ['--minutes', 'many'], says: '--minutes: ' },
  { argv: ['--minutes', '0', '--seed', '0.5'], says: '--seed: ' },
  { argv: ['--runtime', 'deno'], says: '--runtime: ' },
  { argv: ['--hours', '1'], says: "Unknown option '--hours'" },
])('says what is wrong with $argv', ({ argv, says }) => {
  expect(() => readArguments(argv)).toThrow(UsageError);
  expect(() => readArguments(argv)).toThrow(says);
});
