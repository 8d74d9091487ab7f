import { expect, test } from 'vitest';
import { UsageError } from '../../helpers/command-line.ts';
import { readArguments } from './arguments.ts';

test('ten minutes of one machine on Node, with a seed of its own, where nothing else is said', () => {
  expect(readArguments([])).toEqual({
    profile: 'embedded',
    minutes: 10,
    seed: expect.any(Number),
    runtime: 'node',
    json: false,
  });
  const said = ['--profile', 'cluster', '--minutes', '0.5', '--seed', '7', '--runtime', 'bun', '--json'];
  expect(readArguments(said)).toEqual({
    profile: 'cluster',
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
  { argv: ['--profile', 'both'], says: '--profile: ' },
  { argv: ['--hours', '1'], says: "Unknown option '--hours'" },
])('says what is wrong with $argv', ({ argv, says }) => {
  expect(() => readArguments(argv)).toThrow(UsageError);
  expect(() => readArguments(argv)).toThrow(says);
});
