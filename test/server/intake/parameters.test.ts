import { describe, expect, test } from 'vitest';
import { readParameters } from '../../../server/intake/parameters.ts';
import { Problem } from '../../../server/problem.ts';
import { DEFAULT_PRESET, Preset } from '../../../shared/domain/preset.ts';

const LISTING = Preset.parse({
  name: 'listing',
  sizes: [{ name: 'page', width: 100, height: 100, fit: 'inside' }],
  outputs: [{ format: 'webp' }],
});
const PRESETS = new Map([DEFAULT_PRESET, LISTING].map((preset) => [preset.name, preset]));

const read = (fields: Record<string, string>) => readParameters(new Map(Object.entries(fields)), PRESETS);

function problemOf(fields: Record<string, string>): Problem {
  try {
    read(fields);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

test('without any fields an upload has the default preset, and nothing else', () => {
  expect(read({})).toEqual({ preset: DEFAULT_PRESET, metadata: null, focus: null, expires: null });
});

test('fields that nobody knows are ignored', () => {
  expect(read({ csrf: 'x', submit: 'Send' })).toEqual(read({}));
});

test('a preset is one of those that there are, and else their names are told', () => {
  expect(read({ preset: 'listing' }).preset).toBe(LISTING);
  const { code, extras } = problemOf({ preset: 'constructor' });
  expect(code).toBe('unknown_preset');
  expect(extras.members).toEqual({ presets: ['default', 'listing'] });
});

describe('a focus', () => {
  test.each([
    ['0,0', 0, 0],
    ['1,1', 1, 1],
    ['0.25,0.5', 0.25, 0.5],
    ['1.0,0.0', 1, 0],
    ['0.12345,0.9999', 0.123, 1],
  ])('of %s is a point, to the thousandth', (focus, x, y) => {
    expect(read({ focus }).focus).toEqual({ x, y });
  });

  test.each([
    '',
    '0.5',
    '0.5,',
    ',0.5',
    '0.5,0.5,0.5',
    '1.01,0',
    '0,1.5',
    '2,0',
    '-0,0',
    '-0.5,0.5',
    '.5,.5',
    '0.5;0.5',
    '0.5, 0.5',
    '0,5,0,5',
    '1e-1,0',
    'NaN,0',
    '0x1,0',
    'centre',
    `0.${'5'.repeat(21)},0`,
    '٠.٥,0',
  ])('of "%s" is refused, with what it takes', (focus) => {
    const { code, detail } = problemOf({ focus });
    expect(code).toBe('bad_parameter');
    expect(detail).toContain('"focus" takes a point of the picture as "x,y"');
  });
});

describe('the end', () => {
  const endOf = (expires: string) => read({ expires }).expires;

  test('is in seconds, or a time to come', () => {
    expect(endOf('1')).toEqual({ inMs: 1_000 });
    expect(endOf('315360000')).toEqual({ inMs: 315_360_000_000 });
    const inAnHour = new Date(Date.now() + 3_600_000);
    expect(endOf(inAnHour.toISOString())).toEqual({ at: inAnHour.getTime() });
    expect(endOf(inAnHour.toISOString().replace('Z', '+00:00'))).toEqual({ at: inAnHour.getTime() });
  });

  test.each([
    '',
    '0',
    '-1',
    '1.5',
    '1h',
    '315360001',
    '9999999999',
    '2020-01-01T00:00:00Z',
    '2999-01-01T00:00:00Z',
    '2027-01-31',
    '2027-01-31T12:00:00',
    'never',
    '1'.repeat(100),
  ])('of "%s" is refused, with what it takes', (expires) => {
    const { code, detail } = problemOf({ expires });
    expect(code).toBe('bad_parameter');
    expect(detail).toContain('"expires" takes whole seconds from 1 to 315360000');
  });
});
