import { expect, test } from 'vitest';
import { Ahead } from '../../../server/intake/ahead.ts';

function started(ahead: Ahead, name: string) {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const state = { begun: false };
  const end = ahead.behind(name, () => {
    state.begun = true;
    return promise;
  });
  return { state, end, resolve, reject };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('those who want the same wait for the first, and then go together', async () => {
  const ahead = new Ahead();
  const [first, second, third] = [started(ahead, 'a'), started(ahead, 'a'), started(ahead, 'a')];
  await settle();
  expect([first.state.begun, second.state.begun, third.state.begun]).toEqual([true, false, false]);
  first.resolve('first');
  await settle();
  expect([second.state.begun, third.state.begun]).toEqual([true, true]);
  second.resolve('second');
  third.resolve('third');
  expect(await Promise.all([first.end, second.end, third.end])).toEqual(['first', 'second', 'third']);
});

test('the failure of the first is its own', async () => {
  const ahead = new Ahead();
  const [first, second] = [started(ahead, 'a'), started(ahead, 'a')];
  first.reject(new Error('refused'));
  await expect(first.end).rejects.toThrow('refused');
  second.resolve('second');
  expect(await second.end).toBe('second');
});

test('who wants something else does not wait, and nobody waits for what is over', async () => {
  const ahead = new Ahead();
  const first = started(ahead, 'a');
  const other = started(ahead, 'b');
  await settle();
  expect(other.state.begun).toBe(true);
  first.resolve('first');
  await first.end;
  await settle();
  const later = started(ahead, 'a');
  await settle();
  expect(later.state.begun).toBe(true);
});
