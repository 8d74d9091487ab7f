import type { Readable } from 'node:stream';

/**
 * Reads a stream of text line by line. A line is cut where it is longer than it may be: it may hold anything.
 * @param unended is given what comes after the last end of a line
 */
export function onLines(
  stream: Readable,
  longest: number,
  relay: (line: string) => void,
  unended: (rest: string) => void,
): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = (lines.pop() ?? '').slice(0, longest);
    for (const line of lines) if (line !== '') relay(line.slice(0, longest));
  });
  stream.on('end', () => {
    if (rest !== '') unended(rest);
  });
  // The pipe of a killed worker may break; its end is followed elsewhere.
  stream.on('error', () => {});
}

/** Null where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
