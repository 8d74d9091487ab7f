import type { ChildProcess } from 'node:child_process';
import { Readable } from 'node:stream';
import type { ToWorker } from '../../shared/protocol.ts';
import { onLines, parseJson } from './lines.ts';

/** Where workers write their messages: the first descriptor after the standard ones, which libraries may print to. */
const FROM_WORKER = 3;

/** Twice what the largest message takes that the protocol allows. */
const LONGEST_MESSAGE = 16 * 1024;

/**
 * Messages to and from a worker: lines of JSON on two pipes. Not the runtime's own IPC: in Node, a line that is no
 * JSON, or never ends, throws where nobody can catch it, and a decoder that was taken over could end the service.
 */
export class Channel {
  readonly #child: ChildProcess;
  readonly #closed: () => void;
  #isOpen = true;

  /**
   * @param heard is given whatever the worker says, null for what is no message
   * @param closed called once, when the worker does not speak, or not listen, any more
   */
  constructor(child: ChildProcess, heard: (message: unknown) => void, closed: () => void) {
    this.#child = child;
    this.#closed = closed;
    const messages = child.stdio?.[FROM_WORKER];
    if (messages instanceof Readable) {
      const relay = (line: string) => heard(line.length < LONGEST_MESSAGE ? parseJson(line) : null);
      // A message that its death has cut short was none.
      onLines(messages, LONGEST_MESSAGE, relay, () => {});
      messages.once('close', () => this.#close());
    }
    child.stdin?.on('error', () => this.#close());
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** A worker that cannot be written to is ending, and its end tells. */
  send(message: ToWorker): void {
    this.#child.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#closed();
  }
}
