import { SingleBar } from 'cli-progress';

const REDRAW_MS = 200;
const PLAIN_LINE_MS = 5_000;

/** A bar on a terminal, a line now and then elsewhere; on stderr, so that stdout holds only the result. */
export function showProgress(
  total: number,
  label: string,
  read: () => { done: number; note: string },
): () => void {
  const bar = new SingleBar({
    format: `${label} [{bar}] {value}/{total} {note}`,
    noTTYOutput: true,
    notTTYSchedule: PLAIN_LINE_MS,
    // SIGINT is ours: it stops the sending, not the bar.
    gracefulExit: false,
  });
  const redraw = (): void => {
    const { done, note } = read();
    bar.update(done, { note });
  };
  bar.start(total, 0, { note: '' });
  const timer = setInterval(redraw, REDRAW_MS);
  return () => {
    clearInterval(timer);
    redraw();
    bar.stop();
  };
}
