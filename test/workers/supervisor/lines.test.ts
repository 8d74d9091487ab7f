import { once } from 'node:events';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { onLines, parseJson } from '../../../workers/supervisor/lines.ts';
import { anyText } from '../../helpers/any-text.ts';

const LONGEST = 20;

/** What is relayed of text that comes in these pieces. */
async function linesOf(pieces: readonly Uint8Array[]): Promise<string[]> {
  const lines: string[] = [];
  const stream = Readable.from(pieces);
  const relay = (line: string) => lines.push(line);
  onLines(stream, LONGEST, relay, relay);
  await once(stream, 'close');
  return lines;
}

test('whatever a worker writes comes as lines that are not too long, and the same in whatever pieces', async () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 30 }),
    fc.constantFrom('\n', '\n\n', '{"a":1}\n'),
  );
  const said = fc.array(text).map((parts) => Buffer.from(parts.join('')));
  await fc.assert(
    fc.asyncProperty(said, fc.integer({ min: 1, max: 9 }), async (bytes, piece) => {
      const pieces = Array.from({ length: Math.ceil(bytes.length / piece) }, (_, at) =>
        bytes.subarray(at * piece, (at + 1) * piece),
      );
      const lines = await linesOf(pieces);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(LONGEST);
      expect(lines).toEqual(await linesOf(bytes.length === 0 ? [] : [bytes]));
    }),
  );
});

test('whatever a line is, it is JSON or null', () => {
  fc.assert(
    fc.property(anyText, (line) => {
      expect(parseJson(line)).not.toBeUndefined();
    }),
  );
});
