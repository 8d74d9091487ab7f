import { EventEmitter, once } from 'node:events';
import { pino } from 'pino';
import type { Logger } from '../../shared/telemetry/logger.ts';

export type LogLine = Record<string, unknown> & { level: string; msg: string };

export interface RecordingLog {
  log: Logger;
  lines: LogLine[];
  /** The first line, written or to come, that says this. */
  said(msg: string): Promise<LogLine>;
}

/** A logger as the service has it, whose lines stay in memory. */
export function recordingLog(): RecordingLog {
  const lines: LogLine[] = [];
  const written = new EventEmitter();
  const log = pino(
    { level: 'trace', base: null, timestamp: false, formatters: { level: (level) => ({ level }) } },
    {
      write: (text) => {
        lines.push(JSON.parse(text));
        written.emit('line');
      },
    },
  );
  const said = async (msg: string): Promise<LogLine> => {
    for (;;) {
      const found = lines.find((line) => line.msg === msg);
      if (found) return found;
      await once(written, 'line');
    }
  };
  return { log, lines, said };
}
