import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../helpers/free-port.ts';
import { newDatabase, PostgresServer } from '../../helpers/postgres-server.ts';
import { signal } from '../../helpers/processes.ts';
import { S3_ENVIRONMENT } from '../../helpers/s3-environment.ts';
import { S3Server } from '../../helpers/s3-server.ts';
import { countOne } from '../../load/statistics.ts';
import { Bucket } from './bucket.ts';
import { leftInFolder } from './files.ts';
import { killService } from './kills.ts';
import type { Ledger } from './ledger.ts';
import { Lives } from './lives.ts';
import { between, oneOf, pause } from './random.ts';
import { liveQueue, queryRecords } from './records.ts';
import type { Measured, RandomOf, Remains, Site } from './site.ts';
import { bothOf, type Outage } from './without-worker.ts';

const NODES = ['api 1', 'api 2', 'worker 1', 'worker 2', 'worker 3'] as const;
type Name = (typeof NODES)[number];
const isWorker = (name: Name): boolean => name.startsWith('worker');

const NODE_LIVES_MS = { least: 8_000, most: 40_000 };

/** How long the stores are there, and how long they are away or say nothing. */
const STORE_LIVES_MS = { least: 20_000, most: 45_000 };
const AWAY_MS = { least: 200, most: 4_000 };
const FROZEN_MS = { least: 1_000, most: 8_000 };

/** A node that stands still for longer than its leases: others have its jobs when it goes on. */
const BETWEEN_STOPS_MS = { least: 15_000, most: 40_000 };
const STOPPED_MS = { least: 12_000, most: 16_000 };

/** As an orchestrator does with a node that could not be started: a store was away, or slow. */
const START_AGAIN_MS = 300;
const STARTS_WITHIN_MS = 60_000;

/** Two nodes that take uploads and three with a worker each, on a PostgreSQL and an S3 server of their own. */
export class ManyNodes implements Site {
  readonly #root: string;
  readonly #database: PostgresServer;
  readonly #url: string;
  readonly #files: S3Server;
  readonly #bucket: Bucket;
  readonly #nodes: ReadonlyMap<Name, Lives>;
  readonly #kills: Record<string, number> = {};
  #requests = 0;

  static async prepare(root: string, runtime: 'node' | 'bun', ledger: Ledger): Promise<ManyNodes> {
    // The audit looks with the product's own eyes, which find their keys there.
    Object.assign(process.env, S3_ENVIRONMENT);
    const [database, files] = await Promise.all([PostgresServer.start(), S3Server.start()]);
    const url = await newDatabase(database.url);
    const bucket = await files.newBucket();
    const stores = { ...S3_ENVIRONMENT, DATABASE_URL: url, STORAGE_URL: files.urlOf(bucket) };
    const nodes = new Map<Name, Lives>();
    for (const name of NODES) {
      const role = isWorker(name) ? 'worker' : 'api';
      // Young: what no record names is looked for while the chaos goes on.
      const env = { ...stores, ROLE: role, N_WORKERS: '1', SWEEP_AFTER_S: '60' };
      const folder = join(root, name.replace(' ', '-'));
      nodes.set(
        name,
        new Lives({ folder, log: `${folder}.log`, port: await freePort(), runtime, env }, ledger),
      );
    }
    return new ManyNodes(root, database, url, files, bucket, nodes);
  }

  private constructor(
    root: string,
    database: PostgresServer,
    url: string,
    files: S3Server,
    bucket: string,
    nodes: ReadonlyMap<Name, Lives>,
  ) {
    this.#root = root;
    this.#database = database;
    this.#url = url;
    this.#files = files;
    this.#bucket = new Bucket(files, bucket);
    this.#nodes = nodes;
  }

  /** One of the api nodes after the other, whether it listens or not. */
  target() {
    const apis = [...this.#nodes].filter(([name]) => !isWorker(name));
    const chosen = apis[this.#requests++ % apis.length];
    if (!chosen) throw new Error('there are no api nodes');
    return chosen[1].target;
  }

  async start(): Promise<void> {
    await this.#each((lives) => this.#start(lives));
  }

  async workers(): Promise<number[]> {
    return (await this.#each((lives) => lives.workers())).flat();
  }

  async kill(randomOf: RandomOf, over: AbortSignal): Promise<void> {
    await Promise.all([
      this.#killDatabase(randomOf(0), over),
      this.#killFiles(randomOf(1), over),
      this.#stopNodes(randomOf(2), over),
      ...[...this.#nodes.values()].map((lives, number) =>
        killService(lives, NODE_LIVES_MS, () => this.#start(lives), randomOf(3 + number), over),
      ),
    ]);
  }

  async startForAudit(): Promise<void> {
    await this.#each((lives) => lives.end('SIGKILL'));
    await this.start();
  }

  async end(): Promise<Remains> {
    // It is looked for once a minute; and nothing is on its way any more, however young it is.
    await this.#bucket.sweep(this.#url);
    await this.#each((lives) => lives.end('SIGTERM'));
    const records = await queryRecords(this.#url);
    await writeFile(join(this.#root, 'records.json'), JSON.stringify(records));
    const folders = [...this.#nodes.values()].map(({ folder }) => folder);
    return {
      records,
      files: this.#bucket,
      left: [
        ...(await liveQueue(this.#url)),
        ...(await this.#bucket.openUploads()),
        ...(await Promise.all(folders.map(leftInFolder))).flat(),
      ],
    };
  }

  measured(): Measured {
    const none: Outage = { totalMs: 0, longestMs: 0 };
    const serviceKills = { ...this.#kills };
    for (const [name, { kills }] of this.#nodes) {
      const [role] = name.split(' ');
      for (const [how, count] of Object.entries(kills)) {
        const key = `${role} node: ${how}`;
        serviceKills[key] = (serviceKills[key] ?? 0) + count;
      }
    }
    const all = [...this.#nodes.values()];
    const noWorker = all.map((lives) => lives.noWorker).reduce(bothOf, none);
    return { serviceKills, noWorker, down: all.map((lives) => lives.down).reduce(bothOf, none) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#each((lives) => lives[Symbol.asyncDispose]());
    await this.#database[Symbol.asyncDispose]();
    await this.#files[Symbol.asyncDispose]();
  }

  #each<T>(work: (lives: Lives) => Promise<T>): Promise<T[]> {
    return Promise.all([...this.#nodes.values()].map(work));
  }

  /** A node that does not get to a store when it starts ends, and is started again. */
  async #start(lives: Lives): Promise<void> {
    const deadline = performance.now() + STARTS_WITHIN_MS;
    while (true) {
      try {
        return await lives.start();
      } catch (error) {
        if (performance.now() > deadline) throw error;
        countOne(this.#kills, 'start that failed: again');
        await sleep(START_AGAIN_MS);
      }
    }
  }

  async #stopNodes(random: () => number, over: AbortSignal): Promise<void> {
    const workers = [...this.#nodes].filter(([name]) => isWorker(name)).map(([, lives]) => lives);
    while (true) {
      await pause(between(random, BETWEEN_STOPS_MS), over);
      const victim = oneOf(random, workers)?.pid;
      if (over.aborted) return;
      if (victim === undefined) continue;
      // Its workers go on, and their results wait for it.
      signal(victim, 'SIGSTOP');
      countOne(this.#kills, 'worker node: paused past lease');
      await pause(between(random, STOPPED_MS), over);
      signal(victim, 'SIGCONT');
    }
  }

  async #killDatabase(random: () => number, over: AbortSignal): Promise<void> {
    while (true) {
      await pause(between(random, STORE_LIVES_MS), over);
      const isKilled = random() < 0.7;
      if (over.aborted) return;
      countOne(this.#kills, `PostgreSQL: ${isKilled ? 'SIGKILL' : 'stopped'}`);
      await (isKilled ? this.#database.kill() : this.#database.stop());
      await pause(between(random, AWAY_MS), over);
      await this.#database.startAgain();
    }
  }

  async #killFiles(random: () => number, over: AbortSignal): Promise<void> {
    while (true) {
      await pause(between(random, STORE_LIVES_MS), over);
      const isKilled = random() < 0.6;
      if (over.aborted) return;
      countOne(this.#kills, `S3: ${isKilled ? 'SIGKILL' : 'SIGSTOP'}`);
      await (isKilled ? this.#files.stop() : this.#files.freeze());
      await pause(between(random, isKilled ? AWAY_MS : FROZEN_MS), over);
      if (isKilled) await this.#files.restart();
      else this.#files.thaw();
    }
  }
}
