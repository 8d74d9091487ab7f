import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { freeze, thaw } from './processes.ts';

/** Debian's own, which python3-swift is installed for. */
const PYTHON = '/usr/bin/python3';

/** Apart from the environment and from other people's packages. */
const SWIFT = ['-I', '-W', 'ignore', fileURLToPath(new URL('../fixtures/swift-server.py', import.meta.url))];

const REGION = 'us-east-1';

/** Swift's accounts have users, which a colon tells apart. */
const ACCESS_KEY = 'darkroom:tests';
const SECRET_KEY = 'secret-of-the-tests';

/** What the default chain of the SDK looks for; and where nobody else's settings are to be found. */
export const S3_ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: ACCESS_KEY,
  AWS_SECRET_ACCESS_KEY: SECRET_KEY,
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
} as const;

/** The first of these folders in which Swift can keep its files, or why there is none. */
export function placeForS3(folders = [tmpdir(), '/tmp', '/var/tmp']): { folder: string } | { why: string } {
  const options = { encoding: 'utf8' } as const;
  const { status, stdout, stderr, error } = spawnSync(PYTHON, [...SWIFT, 'probe', ...folders], options);
  if (status === 0) return { folder: stdout.trim() };
  const reason = error?.message ?? stderr.trim().split('\n').at(-1);
  return { why: `there is no S3 server, which Debian's python3-swift is: ${reason}` };
}

/** One node of OpenStack Swift with its S3 API: a process, a folder and a port of its own. */
export class S3Server implements AsyncDisposable {
  readonly folder: string;
  #port = '0';
  #process: ChildProcess | null = null;
  #client: S3Client | null = null;

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
    this.folder = folder;
  }

  get pid(): number {
    if (this.#process?.pid === undefined) throw new Error('the S3 server does not run');
    return this.#process.pid;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** To put things there, and to look at them, past the code under test. */
  get client(): S3Client {
    this.#client ??= new S3Client({
      endpoint: this.endpoint,
      region: REGION,
      forcePathStyle: true,
      credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
    return this.#client;
  }

  async newBucket(): Promise<string> {
    const Bucket = `darkroom-${randomUUID()}`;
    await this.client.send(new CreateBucketCommand({ Bucket }));
    return Bucket;
  }

  /** The STORAGE_URL of what lies below a prefix of a bucket. */
  urlOf(bucket: string, prefix = ''): string {
    const query = new URLSearchParams({ endpoint: this.endpoint, region: REGION, pathStyle: 'true' });
    return `s3://${bucket}/${prefix}?${query}`;
  }

  /** The keys of all objects of a bucket. */
  async keysOf(Bucket: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { Contents = [] } of paginateListObjectsV2({ client: this.client }, { Bucket }))
      keys.push(...Contents.flatMap(({ Key }) => Key ?? []));
    return keys;
  }

  /** Starts it again where it was, with what lay there. */
  async restart(): Promise<void> {
    await this.stop();
    const whose = [ACCESS_KEY, SECRET_KEY, REGION, String(process.pid)];
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
    this.#client?.destroy();
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
