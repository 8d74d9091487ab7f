import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, type QueryResultRow } from 'pg';
import { type JobWithRuns, jobOf } from './aftermath.ts';
import { eventually } from './eventually.ts';
import { copyOf } from './postgres-server.ts';
import { S3_ENVIRONMENT } from './s3-environment.ts';
import type { S3Server } from './s3-server.ts';
import { type RunningService, type StartOptions, startService } from './service.ts';
import { sharedServer } from './shared-servers.ts';
import type { Accepted } from './upload.ts';

/** More than a test sends: what is accepted and waits is what most of them are about. */
const ROOM = { QUEUE_DEPTH: '100', HANDOFF_TIMEOUT_MS: '5000' };

export interface ClusterOptions {
  server: S3Server;
  apis: number;
  workers: number;
  /** Of every node. */
  env?: Record<string, string>;
  /** Of a database; else a new one on the server that all tests share. */
  database?: string;
  faults?: boolean;
}

/** What may be said of one node. */
export type NodeOptions = Pick<StartOptions, 'env' | 'preload' | 'faults'> & {
  /** By which it reaches the database, if not directly. */
  database?: string;
};

/** The service as several processes, each with its folder and port, on one database and one bucket. */
export class Cluster implements AsyncDisposable {
  /** By which a test looks at the records, past all nodes. */
  readonly database: string;
  readonly bucket: string;
  readonly server: S3Server;
  readonly nodes: RunningService[] = [];
  readonly #options: ClusterOptions;

  static async start(options: ClusterOptions): Promise<Cluster> {
    const database = options.database ?? (await copyOf(await sharedServer('migrated')));
    const cluster = new Cluster(options, database, await options.server.newBucket());
    try {
      for (let count = 0; count < options.apis; count++) await cluster.startNode('api');
      for (let count = 0; count < options.workers; count++) await cluster.startNode('worker');
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(options: ClusterOptions, database: string, bucket: string) {
    this.#options = options;
    this.database = database;
    this.bucket = bucket;
    this.server = options.server;
  }

  /** The first that was started. */
  get api(): RunningService {
    return this.#first('api');
  }

  get worker(): RunningService {
    return this.#first('worker');
  }

  get apis(): RunningService[] {
    return this.nodes.filter((node) => roleOf(node) === 'api');
  }

  get workers(): RunningService[] {
    return this.nodes.filter((node) => roleOf(node) === 'worker');
  }

  /** Resolves when it listens and its workers are ready; it is known to the others then. */
  async startNode(role: 'api' | 'worker', options: NodeOptions = {}): Promise<RunningService> {
    const { server, env, faults = false } = this.#options;
    const node = await startService({
      faults,
      ...options,
      env: {
        ...S3_ENVIRONMENT,
        ...ROOM,
        N_WORKERS: '1',
        DATABASE_URL: options.database ?? this.database,
        STORAGE_URL: server.urlOf(this.bucket),
        ROLE: role,
        ...env,
        ...options.env,
      },
    });
    roles.set(node, role);
    this.nodes.push(node);
    return node;
  }

  /** Ends a node. @returns how */
  end(node: RunningService, signal: NodeJS.Signals): RunningService['exited'] {
    node.process.kill(signal);
    return this.ended(node);
  }

  /** Resolves when a node has ended; it is none of the cluster's any more. */
  async ended(node: RunningService): RunningService['exited'] {
    const end = await node.exited;
    this.nodes.splice(this.nodes.indexOf(node), 1);
    await node[Symbol.asyncDispose]();
    return end;
  }

  /** Resolves while a run of this number goes on: with its job, and the node whose worker has it. */
  duringRun(accepted: Accepted, number: number): Promise<{ job: JobWithRuns; node: RunningService }> {
    return eventually(`run ${number} of ${accepted.links.job}`, async () => {
      const job = await jobOf(this.api, accepted);
      const run = job.runs[number - 1];
      if (!run || run.outcome !== null || job.runs.length !== number) return false;
      for (const node of this.workers) if (await isStaged(node, run.id)) return { job, node };
      return false;
    });
  }

  /** Asks the database itself. */
  async rows<R extends QueryResultRow>(text: string, values: unknown[] = []): Promise<R[]> {
    const client = new Client({ connectionString: this.database });
    await client.connect();
    try {
      return (await client.query<R>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  /** The keys of all objects in the bucket. */
  keys(): Promise<string[]> {
    return this.server.keysOf(this.bucket);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.nodes) await node[Symbol.asyncDispose]();
  }

  #first(role: 'api' | 'worker'): RunningService {
    const node = this.nodes.find((it) => roleOf(it) === role);
    if (!node) throw new Error(`there is no ${role} node`);
    return node;
  }
}

const roles = new WeakMap<RunningService, 'api' | 'worker'>();
const roleOf = (node: RunningService) => roles.get(node);

/** Whether the input of a run lies in the folder of a worker of this node. */
async function isStaged({ folder }: RunningService, run: string): Promise<boolean> {
  const scratch = join(folder, 'scratch');
  const workers = await readdir(scratch).catch(() => []);
  return workers.some((worker) => existsSync(join(scratch, worker, 'in', run, 'input')));
}
