import { pino } from 'pino';
import { z } from 'zod';
import type { Logger } from '../../shared/telemetry/logger.ts';

const MOST_LINES = 20;
const MOST_CHARACTERS = 600;

const Line = z.object({
  msg: z.string(),
  line: z.string().optional(),
  err: z.object({ message: z.string() }).optional(),
});

export interface LastWords {
  log: Logger;
  /** The last of what was logged as a warning or an error, in one line. */
  said(): string;
}

/** A log that is kept to be told, and written nowhere. */
export function lastWords(): LastWords {
  const lines: string[] = [];
  const write = (text: string) => {
    lines.push(text);
    if (lines.length > MOST_LINES) lines.shift();
  };
  const textOf = (line: string) => {
    const { msg, line: printed, err } = Line.parse(JSON.parse(line));
    return [msg, printed, err?.message].filter(Boolean).join(' ');
  };
  return {
    log: pino({ level: 'warn', base: null, timestamp: false }, { write }),
    said: () => lines.map(textOf).join(' | ').slice(-MOST_CHARACTERS) || 'it says nothing',
  };
}
