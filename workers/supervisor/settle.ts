import type { ChildProcess } from 'node:child_process';

/** A grandchild that holds standard output can hold `close` back for ever; a healthy end takes a few milliseconds. */
const CLOSE_AFTER_EXIT_MS = 500;

export interface ProcessEnd {
  exitCode: number | null;
  signal: string | null;
}

/**
 * Resolves when a child has ended and all that it said has been read: on `close`, since `exit` may overtake the
 * last message. Where `close` stays away after `exit`, the child's process group is killed and that is the end.
 * The child must lead a group of its own. A child that could not be started has ended, too.
 */
export function settled(child: ChildProcess): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    let patience: NodeJS.Timeout | undefined;
    const end = (exitCode: number | null, signal: string | null) => {
      clearTimeout(patience);
      resolve({ exitCode, signal });
    };
    child.once('close', end);
    child.once('exit', (exitCode, signal) => {
      patience = setTimeout(() => {
        killGroup(child.pid);
        end(exitCode, signal);
      }, CLOSE_AFTER_EXIT_MS);
    });
    child.once('error', () => {
      if (child.pid === undefined) end(null, null);
    });
  });
}

/** SIGKILL for a process and all that it started and that stayed in its group. */
export function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // ESRCH: everyone in it has ended already, which is what was wanted.
  }
}
