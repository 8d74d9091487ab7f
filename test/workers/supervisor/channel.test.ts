import { describe, expect, test } from 'vitest';
import { Channel } from '../../../workers/supervisor/channel.ts';
import { FakeChild } from '../../helpers/fake-child.ts';

/** What the protocol allows takes half of it. */
const LONGEST_MESSAGE = 16 * 1024;

function open() {
  const child = new FakeChild();
  const heard: unknown[] = [];
  let closings = 0;
  const channel = new Channel(
    child.asChild,
    (message) => heard.push(message),
    () => closings++,
  );
  return { child, heard, channel, closings: () => closings };
}

describe('a channel gives what the worker writes', () => {
  test('as messages, however they come', () => {
    const { child, heard } = open();
    child.writes('{"one":1}\n{"two"');
    expect(heard).toEqual([{ one: 1 }]);
    child.writes(':2}\n');
    expect(heard).toEqual([{ one: 1 }, { two: 2 }]);
  });

  test.each([
    ['no JSON', 'this is no JSON\n'],
    ['too long', `${JSON.stringify({ text: 'x'.repeat(LONGEST_MESSAGE) })}\n`],
    ['too long, and would be a message where it is cut', `{}${' '.repeat(LONGEST_MESSAGE)}x\n`],
  ])('as no message where it is %s', (_, text) => {
    const { child, heard } = open();
    child.writes(text);
    child.says('the next');
    expect(heard).toEqual([null, 'the next']);
  });

  test('not at all where a message never ends', () => {
    const { child, heard } = open();
    for (let piece = 0; piece < 100; piece++) child.writes('x'.repeat(LONGEST_MESSAGE));
    child.disconnects();
    expect(heard).toEqual([]);
  });
});

describe('a channel is closed, once', () => {
  test('when the worker has closed it', () => {
    const { child, channel, closings } = open();
    expect(channel.isOpen).toBe(true);
    child.disconnects();
    expect(channel.isOpen).toBe(false);
    child.stdin.emit('error', new Error('EPIPE'));
    expect(closings()).toBe(1);
  });

  test('when the worker does not read what it is sent', () => {
    const { child, channel, closings } = open();
    child.stdin.destroy(new Error('EPIPE'));
    channel.send({ type: 'stop' });
    child.stdin.emit('error', new Error('EPIPE'));
    expect(channel.isOpen).toBe(false);
    expect(closings()).toBe(1);
    expect(child.heard).toEqual([]);
  });
});
