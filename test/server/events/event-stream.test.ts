import { expect, test, vi } from 'vitest';
import { EventStream, MOST_WAITING_BYTES } from '../../../server/events/event-stream.ts';

const block = (bytes: number) => new Uint8Array(bytes).fill(1);

function newStream(isCut = true) {
  const ends = { cut: vi.fn(() => isCut), tooSlow: vi.fn(), over: vi.fn() };
  const stream = new EventStream(ends);
  return { stream, ends, reader: stream.body.getReader() };
}

test('gives what is sent, gathered while nobody takes it, and ends after it', async () => {
  const { stream, ends, reader } = newStream();
  const first = reader.read();
  stream.send(block(3));
  expect((await first).value).toHaveLength(3);
  for (const bytes of [1, 2, 4]) stream.send(block(bytes));
  stream.finish();
  expect(stream.send(block(1))).toBe(false);
  expect((await reader.read()).value).toHaveLength(7);
  expect(await reader.read()).toEqual({ done: true, value: undefined });
  expect(ends.over).toHaveBeenCalledOnce();
  expect(ends.cut).not.toHaveBeenCalled();
});

test.each([true, false])(
  'a reader that does not read is cut, and keeps no memory; by its connection: %s',
  async (isCut) => {
    const { stream, ends, reader } = newStream(isCut);
    expect(stream.send(block(MOST_WAITING_BYTES))).toBe(true);
    expect(stream.send(block(1))).toBe(false);
    expect(ends.tooSlow).toHaveBeenCalledOnce();
    expect(ends.cut).toHaveBeenCalledOnce();
    expect(ends.over).toHaveBeenCalledOnce();
    expect(stream.send(block(1))).toBe(false);
    if (!isCut) expect((await reader.read()).done).toBe(true);
  },
);

test('what it begins with counts as nothing that waits', async () => {
  const { stream, ends, reader } = newStream();
  stream.begin([block(MOST_WAITING_BYTES), block(9)]);
  expect(stream.send(block(MOST_WAITING_BYTES))).toBe(true);
  expect(ends.cut).not.toHaveBeenCalled();
  expect((await reader.read()).value).toHaveLength(2 * MOST_WAITING_BYTES + 9);
});

test('a client that leaves ends it', async () => {
  const { stream, ends, reader } = newStream();
  await reader.cancel();
  expect(ends.over).toHaveBeenCalledOnce();
  expect(stream.send(block(1))).toBe(false);
});
