import { appendFile } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { type RunningService, spawnService, standingPlace } from '../../helpers/service.ts';
import type { Target } from '../../load/connections.ts';
import { countOne } from '../../load/statistics.ts';
import type { Ledger } from './ledger.ts';
import { bothOf, type Outage, withoutWorker } from './without-worker.ts';

const MIB = 2 ** 20;

/** A deadline and a limit of memory that a bad picture reaches soon; a queue, so that there is more to lose. */
const ENVIRONMENT = {
  QUEUE_DEPTH: '4',
  JOB_TIMEOUT_MS: '4000',
  WORKER_MAX_RUNS: '50',
  // What Node needs, and room for a picture that keeps some of it.
  WORKER_MAX_DATA_BYTES: String(1024 * MIB),
  DRAIN_TIMEOUT_MS: '8000',
};

export interface Habitat {
  /** Where it keeps its data. */
  folder: string;
  /** Where the lines of all its lives are written. */
  log: string;
  port: number;
  runtime: 'node' | 'bun';
  env?: Record<string, string>;
}

/** A process of the service in one life after the other, on the same folder and port; its workers obey fault pictures. */
export class Lives implements AsyncDisposable {
  readonly kills: Record<string, number> = {};
  /** While it listened. */
  noWorker: Outage = { totalMs: 0, longestMs: 0 };
  /** From the end of a life to the `listening` of the next. */
  down: Outage = { totalMs: 0, longestMs: 0 };
  readonly #habitat: Habitat;
  readonly #ledger: Ledger;
  #service: RunningService | null = null;
  #endedAt: number | null = null;

  constructor(habitat: Habitat, ledger: Ledger) {
    this.#habitat = habitat;
    this.#ledger = ledger;
  }

  get folder(): string {
    return this.#habitat.folder;
  }

  get target(): Target {
    const { port } = this.#habitat;
    return { authority: `127.0.0.1:${port}`, host: '127.0.0.1', port };
  }

  /** While it lives. */
  get pid(): number | undefined {
    return this.#service?.pid;
  }

  get service(): RunningService {
    if (!this.#service) throw new Error('the service does not live');
    return this.#service;
  }

  /** Resolves when it listens. */
  async start(): Promise<void> {
    const { folder, runtime, env, port } = this.#habitat;
    await standingPlace(folder);
    const service = await spawnService(folder, {
      folder,
      runtime,
      faults: true,
      env: { ...ENVIRONMENT, ...env, PORT: String(port) },
    });
    this.#service = service;
    await service.logged('listening').catch(async (error) => {
      await this.#bury(service, Date.now());
      throw error;
    });
    if (this.#endedAt === null) return;
    const ms = Date.now() - this.#endedAt;
    this.down = bothOf(this.down, { totalMs: ms, longestMs: ms });
  }

  /** Pids of its workers; none while it is down. */
  async workers(): Promise<number[]> {
    return (await this.#service?.workerPids()) ?? [];
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const { service } = this;
    const at = Date.now();
    service.process.kill(signal);
    const { code } = await service.exited;
    const how = signal === 'SIGKILL' ? '' : code === 0 ? ', drained' : ', drained by force';
    countOne(this.kills, `${signal}${how}`);
    await this.#bury(service, at);
  }

  hangUp(): void {
    this.service.process.kill('SIGHUP');
    countOne(this.kills, 'SIGHUP, workers replaced');
  }

  /** To be called when the service has ended and nobody has told it to. */
  async endedByItself(): Promise<void> {
    const { service } = this;
    const end = JSON.stringify(await service.exited);
    this.#ledger.broke(
      'service ended by itself',
      `pid ${service.pid}`,
      `${end}: ${JSON.stringify(service.lines.at(-1))}`,
    );
    await this.#bury(service, Date.now());
  }

  /** Leaves nobody behind, whatever went wrong. */
  async [Symbol.asyncDispose](): Promise<void> {
    const service = this.#service;
    if (!service) return;
    service.process.kill('SIGKILL');
    await this.#bury(service, Date.now());
  }

  async #bury(service: RunningService, endedAt: number): Promise<void> {
    this.#service = null;
    this.#endedAt = endedAt;
    await service.exited;
    if (service.process.stdout) await finished(service.process.stdout).catch(() => {});
    this.noWorker = bothOf(this.noWorker, withoutWorker(service.lines, endedAt));
    const text = service.lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    await appendFile(this.#habitat.log, text);
  }
}
