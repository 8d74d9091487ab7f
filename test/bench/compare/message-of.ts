import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** The next message of a process. @throws when it ends before it has sent one */
export async function messageOf(child: ChildProcess): Promise<unknown> {
  const over = new AbortController();
  const { signal } = over;
  const ended = once(child, 'exit', { signal }).then(([code, killer]) => {
    throw new Error(`${child.spawnargs.join(' ')} has ended: ${killer ?? code}`);
  });
  try {
    const [message] = await Promise.race([once(child, 'message', { signal }), ended]);
    return message;
  } finally {
    over.abort();
    // Given up, as it is awaited no more.
    ended.catch(() => {});
  }
}
