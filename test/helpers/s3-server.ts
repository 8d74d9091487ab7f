import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PYTHON, placeForS3, SWIFT } from './place-for-s3.ts';
import { freeze, thaw } from './processes.ts';
import { S3Buckets } from './s3-buckets.ts';
import { REGION, S3_ENVIRONMENT } from './s3-environment.ts';

/** One node of OpenStack Swift with its S3 API: a process, a folder and a port of its own. */
export class S3Server extends S3Buckets implements AsyncDisposable {
  readonly folder: string;
  #port = '0';
  #process: ChildProcess | null = null;

  /** Resolves when it answers, within some seconds. */
  static async start(): Promise<S3Server> {
    const place = placeForS3();
    if ('why' in place) throw new Error(place.why);
    const server = new S3Server(await mkdtemp(join(place.folder, 'darkroom-s3-')));
    try {
      await server.restart();
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    return server;
  }

  private constructor(folder: string) {
    super(() => `http://127.0.0.1:${this.#port}`);
    this.folder = folder;
  }

  get pid(): number {
    if (this.#process?.pid === undefined) throw new Error('the S3 server does not run');
    return this.#process.pid;
  }

  /** Starts it again where it was, with what lay there. */
  async restart(): Promise<void> {
    await this.stop();
    const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = S3_ENVIRONMENT;
    const whose = [id, secret, REGION, String(process.pid)];
    const child = spawn(PYTHON, [...SWIFT, 'serve', this.folder, this.#port, ...whose], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    let complaints = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      complaints = (complaints + text).slice(-10_000);
    });
    const said = once(createInterface(child.stdout), 'line');
    const [port] = await Promise.race([said, once(child, 'close').then(() => [null])]);
    if (port === null) throw new Error(`the S3 server has ended: ${complaints}`);
    this.#port = port;
  }

  /** As in a crash: who talks to it is cut off. */
  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'close');
  }

  /** From now on it takes connections and says nothing. */
  freeze(): Promise<void> {
    return freeze(this.pid);
  }

  thaw(): void {
    thaw(this.pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
