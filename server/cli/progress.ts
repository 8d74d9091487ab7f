import { SingleBar } from 'cli-progress';

const PLAIN_LINE_MS = 5_000;

export interface Progress {
  /** @param rest what is told after how many of how many that are */
  show(done: number, total: number, rest: string): void;
  end(): void;
}

/** A bar on a terminal, a line now and then elsewhere. @param name of what goes on */
export function progressOn(stream: NodeJS.WriteStream, name: string): Progress {
  return stream.isTTY ? bar(stream, name) : lines(stream, name);
}

function bar(stream: NodeJS.WriteStream, name: string): Progress {
  const drawn = new SingleBar({
    stream,
    format: `${name} [{bar}] {value}/{total} {rest}`,
    gracefulExit: false,
  });
  let isDrawn = false;
  return {
    show(done, total, rest) {
      if (!isDrawn) drawn.start(total, done, { rest });
      isDrawn = true;
      drawn.setTotal(total);
      drawn.update(done, { rest });
    },
    end: () => drawn.stop(),
  };
}

function lines(stream: NodeJS.WriteStream, name: string): Progress {
  let last = Number.NEGATIVE_INFINITY;
  return {
    show(done, total, rest) {
      if (performance.now() - last < PLAIN_LINE_MS) return;
      last = performance.now();
      stream.write(`${name}: ${done}/${total} ${rest}\n`);
    },
    end: () => {},
  };
}
