import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import type { Launch } from '../../workers/supervisor/launcher.ts';

/** Beyond the highest pid that Linux gives: a kill of it, or of its group, meets nobody. */
const HIGHEST_PID = 2 ** 22;

/** A worker process as its parent sees one, which does only what the test says. It ends when it is told to stop, or killed. */
export class FakeChild extends EventEmitter {
  static #count = 0;
  readonly pid = HIGHEST_PID + ++FakeChild.#count;
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  /** What it was sent. */
  readonly heard: { type: string; runId?: string }[] = [];
  connected = true;
  exitCode: number | null = null;
  signalCode: NodeJS.Signals | null = null;

  send(message: { type: string }): boolean {
    this.heard.push(message);
    if (message.type === 'stop') this.ends(0, null);
    return true;
  }

  kill(signal: NodeJS.Signals): boolean {
    this.ends(null, signal);
    return true;
  }

  says(message: unknown): void {
    this.emit('message', message);
  }

  /** Its channel closes; it lives on. */
  disconnects(): void {
    if (!this.connected) return;
    this.connected = false;
    this.emit('disconnect');
  }

  /** In the order of the kernel: the channel closes a moment before the end is known. */
  ends(exitCode: number | null, signalCode: NodeJS.Signals | null): void {
    if (this.exitCode !== null || this.signalCode !== null) return;
    this.disconnects();
    Object.assign(this, { exitCode, signalCode });
    this.emit('exit', exitCode, signalCode);
    this.emit('close', exitCode, signalCode);
  }

  get asChild(): ChildProcess {
    return this as unknown as ChildProcess;
  }
}

/** Launches fakes, and gives them all to see, the first one first. */
export function fakeLaunch(started: (child: FakeChild) => void = () => {}) {
  const children: FakeChild[] = [];
  const launch = () => {
    const child = new FakeChild();
    children.push(child);
    started(child);
    return child.asChild as ReturnType<Launch>;
  };
  return { children, launch };
}
