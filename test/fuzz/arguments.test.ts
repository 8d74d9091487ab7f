import { expect, test } from 'vitest';
import { UsageError } from '../helpers/command-line.ts';
import { readArguments } from './arguments.ts';
import { schedule } from './schedule.ts';

const ENDLESS = Number.POSITIVE_INFINITY;

test.each([
  [[], { minutes: 10, pictures: ENDLESS, requests: ENDLESS, runtime: 'node' }],
  [['--minutes', '0.5', '--runtime', 'bun'], { minutes: 0.5, pictures: ENDLESS, runtime: 'bun' }],
  [['--pictures', '7', '--seed', '3'], { minutes: ENDLESS, pictures: 7, requests: 0, seed: 3 }],
  [['--case', 'request-3', '--seed', '3'], { minutes: ENDLESS, pictures: 0, requests: 0, case: 'request-3' }],
])('%j are understood', (argv, settings) => {
  expect(readArguments(argv)).toMatchObject(settings);
});

test.each([
  [['--minutes', '0', '--seed', '0.5'], '--seed: '],
  [['--case', 'picture'], '--case: picture-N or request-N'],
  [['--runtime', 'deno'], '--runtime: '],
  [['--hours', '1'], "Unknown option '--hours'"],
])('of %j it says what is wrong', (argv, says) => {
  expect(() => readArguments(argv)).toThrow(UsageError);
  expect(() => readArguments(argv)).toThrow(says);
});

test('pictures and requests come in turn, each numbered by itself, and all of them', () => {
  const names = [...schedule({ pictures: 4, requests: 2 })];
  expect(names).toEqual(['picture-0', 'request-0', 'picture-1', 'picture-2', 'request-1', 'picture-3']);
  expect([...schedule({ pictures: 0, requests: 2 })]).toEqual(['request-0', 'request-1']);
  const endless = schedule({ pictures: ENDLESS, requests: ENDLESS });
  const first = Array.from({ length: 60 }, () => endless.next().value ?? '');
  expect(first.filter((name) => name.startsWith('request-'))).toHaveLength(10);
});
