import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { Logger } from '../../shared/telemetry/logger.ts';

/** A line of a worker is cut here: it may hold anything, and as much of it as it likes. */
const LONGEST_LINE = 4096;

const LogLine = z.object({
  level: z.enum(['info', 'warn', 'error']),
  msg: z.string(),
  outcome: z.string().optional(),
  ms: z.number().optional(),
});

/**
 * Writes what a worker prints to the service's log, line by line, with the ids that the supervisor knows: a line
 * cannot claim to be of another run. What is no log line, such as a last word of the runtime, is a warning.
 */
export function relayOutput(child: ChildProcess, log: Logger, about: () => Record<string, string>): void {
  const relay = (line: string) => {
    const parsed = LogLine.safeParse(parseJson(line));
    if (!parsed.success) return log.warn({ ...about(), line }, 'worker printed');
    const { level, msg, ...rest } = parsed.data;
    log[level]({ ...about(), ...rest }, msg);
  };
  for (const stream of [child.stdout, child.stderr]) if (stream) onLines(stream, relay);
}

function onLines(stream: Readable, relay: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = (lines.pop() ?? '').slice(0, LONGEST_LINE);
    for (const line of lines) if (line !== '') relay(line.slice(0, LONGEST_LINE));
  });
  stream.on('end', () => {
    if (rest !== '') relay(rest);
  });
  // The pipe of a killed worker may break; its end is followed elsewhere.
  stream.on('error', () => {});
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
