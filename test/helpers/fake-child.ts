import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import type { Launched } from '../../workers/supervisor/launcher.ts';
import type { WorkerFolder } from '../../workers/supervisor/worker-folder.ts';

/** Beyond the highest pid that Linux gives: a kill of it, or of its group, meets nobody. */
const HIGHEST_PID = 2 ** 22;

/** A worker process as its parent sees one, which does only what the test says. It ends when it is told to stop, or killed. */
export class FakeChild extends EventEmitter {
  static #count = 0;
  readonly pid = HIGHEST_PID + ++FakeChild.#count;
  readonly stdin = new Writable({
    write: (line, _, written) => {
      this.#hear(JSON.parse(line));
      written();
    },
  });
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly #messages = new PassThrough();
  readonly stdio = [this.stdin, this.stdout, this.stderr, this.#messages];
  /** What it was sent. */
  readonly heard: { type: string; runId?: string }[] = [];
  /** Its channel is open. */
  connected = true;
  exitCode: number | null = null;
  signalCode: NodeJS.Signals | null = null;

  kill(signal: NodeJS.Signals): boolean {
    this.ends(null, signal);
    return true;
  }

  says(message: unknown): void {
    this.writes(`${JSON.stringify(message)}\n`);
  }

  /** To its channel, at once, where a pipe would take a turn of the loop. */
  writes(text: string): void {
    this.#messages.emit('data', text);
  }

  /** Its channel closes; it lives on. */
  disconnects(): void {
    if (!this.connected) return;
    this.connected = false;
    this.#messages.emit('close');
  }

  /** In the order of the kernel: the channel closes a moment before the end is known. */
  ends(exitCode: number | null, signalCode: NodeJS.Signals | null): void {
    if (this.exitCode !== null || this.signalCode !== null) return;
    this.disconnects();
    Object.assign(this, { exitCode, signalCode });
    this.emit('exit', exitCode, signalCode);
    this.emit('close', exitCode, signalCode);
  }

  #hear(message: { type: string }): void {
    this.heard.push(message);
    if (message.type === 'stop') this.ends(0, null);
  }

  get asChild(): ChildProcess {
    return this as unknown as ChildProcess;
  }
}

/** A fake as the launcher gives a worker: it leaves nothing, and no run of it is made. */
export const launched = (child: FakeChild): Launched => ({
  child: child.asChild,
  folder: {} as WorkerFolder,
  leave: async () => {},
});

/** Launches fakes, and gives them all to see, the first one first. */
export function fakeLaunch(started: (child: FakeChild) => void = () => {}) {
  const children: FakeChild[] = [];
  const launch = () => {
    const child = new FakeChild();
    children.push(child);
    started(child);
    return launched(child);
  };
  return { children, launch };
}
