import { freePort } from './free-port.ts';
import { dataFolder, type RunningService, spawnService } from './service.ts';

/** A service that is killed, and started again at the same address, with what it has kept. Nobody waits for its workers. */
export class ManyLives {
  /** Of this life. */
  service: RunningService;
  readonly #first: RunningService;
  readonly #env: Record<string, string>;

  static async begin(given: Record<string, string> = {}): Promise<ManyLives> {
    const env = { PORT: String(await freePort()), N_WORKERS: '1', ...given };
    return new ManyLives(await listening(await spawnService(await dataFolder(), { env })), env);
  }

  private constructor(first: RunningService, env: Record<string, string>) {
    this.service = first;
    this.#first = first;
    this.#env = env;
  }

  async kill(): Promise<void> {
    this.service.process.kill('SIGKILL');
    await this.service.exited;
  }

  async startAgain(): Promise<void> {
    const { folder } = this.#first;
    this.service = await listening(await spawnService(folder, { env: this.#env, folder }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service[Symbol.asyncDispose]();
    await this.#first[Symbol.asyncDispose]();
  }
}

async function listening(service: RunningService): Promise<RunningService> {
  try {
    const { url } = await service.logged('listening');
    return Object.assign(service, { url });
  } catch (error) {
    await service[Symbol.asyncDispose]();
    throw error;
  }
}
