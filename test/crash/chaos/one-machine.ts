import { join } from 'node:path';
import { freePort } from '../../helpers/free-port.ts';
import { filesIn, leftInFolder } from './files.ts';
import { killService } from './kills.ts';
import type { Ledger } from './ledger.ts';
import { Lives } from './lives.ts';
import { readRecords } from './records.ts';
import type { Measured, RandomOf, Remains, Site } from './site.ts';

const LIVES_MS = { least: 2_500, most: 8_500 };

/** A service that is alone, with all that it keeps in a folder. */
export class OneMachine implements Site {
  readonly #folder: string;
  readonly #lives: Lives;

  static async prepare(root: string, runtime: 'node' | 'bun', ledger: Ledger): Promise<OneMachine> {
    return new OneMachine(root, await freePort(), runtime, ledger);
  }

  private constructor(root: string, port: number, runtime: 'node' | 'bun', ledger: Ledger) {
    this.#folder = join(root, 'data');
    const log = join(root, 'service.log');
    this.#lives = new Lives({ folder: this.#folder, log, port, runtime, env: { N_WORKERS: '2' } }, ledger);
  }

  target() {
    return this.#lives.target;
  }

  start(): Promise<void> {
    return this.#lives.start();
  }

  workers(): Promise<number[]> {
    return this.#lives.workers();
  }

  kill(randomOf: RandomOf, over: AbortSignal): Promise<void> {
    return killService(this.#lives, LIVES_MS, () => this.start(), randomOf(0), over);
  }

  /** A start sweeps: what is left after this one is nobody's. */
  async startForAudit(): Promise<void> {
    await this.#lives.end('SIGKILL');
    await this.start();
  }

  async end(): Promise<Remains> {
    await this.#lives.end('SIGTERM');
    return {
      records: readRecords(join(this.#folder, 'darkroom.db')),
      files: filesIn(this.#folder),
      left: await leftInFolder(this.#folder),
    };
  }

  measured(): Measured {
    const { kills: serviceKills, noWorker, down } = this.#lives;
    return { serviceKills, noWorker, down };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#lives[Symbol.asyncDispose]();
  }
}
