import { describe, expect, test } from 'vitest';
import { between, markdownTable } from './markdown.ts';

test('a table has its figures on the right', () => {
  expect(markdownTable(['side', 'a second'], [['one', '1.5']])).toBe(
    '| side | a second |\n|---|---:|\n| one | 1.5 |',
  );
});

describe('what is written between the markers of a document', () => {
  const document = 'before\n<!-- it: begin -->\nold\n<!-- it: end -->\nafter\n';

  test('takes the place of what was there, and of nothing else', () => {
    const written = between(document, 'it', 'new');
    expect(written).toBe('before\n<!-- it: begin -->\nnew\n<!-- it: end -->\nafter\n');
    expect(between(written, 'it', 'new')).toBe(written);
  });

  test('goes nowhere where the markers are missing or the wrong way round', () => {
    expect(() => between(document, 'other', 'new')).toThrow('no place for "other"');
    expect(() => between('<!-- it: end --><!-- it: begin -->', 'it', 'new')).toThrow('no place for "it"');
  });
});
