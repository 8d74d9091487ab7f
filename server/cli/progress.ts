import { SingleBar } from 'cli-progress';
import type { Count } from './service-client.ts';

const PLAIN_LINE_MS = 5_000;

export interface Progress {
  show(count: Count): void;
  end(): void;
}

/** A bar on a terminal, a line now and then elsewhere. */
export function progressOn(stream: NodeJS.WriteStream, preset: string): Progress {
  return stream.isTTY ? bar(stream, preset) : lines(stream, preset);
}

function bar(stream: NodeJS.WriteStream, preset: string): Progress {
  const drawn = new SingleBar({
    stream,
    format: `${preset} [{bar}] {value}/{total} current, {pending} pending, {failed} failed`,
    gracefulExit: false,
  });
  let isDrawn = false;
  return {
    show({ total, current, pending, failed }) {
      if (!isDrawn) drawn.start(total, current, { pending, failed });
      isDrawn = true;
      drawn.setTotal(total);
      drawn.update(current, { pending, failed });
    },
    end: () => drawn.stop(),
  };
}

function lines(stream: NodeJS.WriteStream, preset: string): Progress {
  let last = Number.NEGATIVE_INFINITY;
  return {
    show({ total, current, pending, failed }) {
      if (performance.now() - last < PLAIN_LINE_MS) return;
      last = performance.now();
      stream.write(`${preset}: ${current}/${total} current, ${pending} pending, ${failed} failed\n`);
    },
    end: () => {},
  };
}
