import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { familyOf, gone } from './processes.ts';

const USER = 'darkroom';
const PASSWORD = 'of-the-tests';

/** Nothing is kept beyond the tests, and what a crash of the machine would leave of it nobody looks at. */
const INIT_FLAGS = ['--no-sync', '--encoding=UTF8', '--locale=C.UTF-8', '--auth=password'];
const FLAGS = ['-c', 'max_connections=300', '-c', 'unix_socket_directories='];

/** What it logs when it takes connections. */
const READY = 'database system is ready to accept connections';

const run = promisify(execFile);

/** Whose processes the server's are: the tests' own, if not another user's. */
interface Owner {
  uid?: number;
  gid?: number;
}

/** A PostgreSQL of the tests' own. It refuses to be root: then it runs as the system's user `nobody`. */
export class PostgresServer {
  readonly port: number;
  readonly #folder: string;
  readonly #owner: Owner;
  #process: ChildProcess | null = null;

  private constructor(folder: string, port: number, owner: Owner) {
    this.port = port;
    this.#folder = folder;
    this.#owner = owner;
  }

  static async start(): Promise<PostgresServer> {
    const owner = await ownerOfServers();
    const folder = await mkdtemp(join(tmpdir(), 'darkroom-test-postgres-'));
    const server = new PostgresServer(folder, await freePort(), owner);
    await server.#initialise();
    await server.startAgain();
    return server;
  }

  /** @returns the address of a new and empty database */
  async newDatabase(): Promise<string> {
    return newDatabase(this.url);
  }

  /** Of the database that is always there. */
  get url(): string {
    return `postgres://${USER}:${PASSWORD}@127.0.0.1:${this.port}/postgres`;
  }

  /** The one that all others are children of. */
  async pid(): Promise<number> {
    const [first = ''] = (await readFile(join(this.#data, 'postmaster.pid'), 'utf8')).split('\n');
    return Number(first);
  }

  /** As an operator does it: connections are cut, what was committed is there. */
  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.kill('SIGINT');
    await closed;
  }

  /** As in a crash. Resolves when all its processes are gone: they see for themselves that the first one is. */
  async kill(): Promise<void> {
    const pid = await this.pid();
    const family = familyOf(pid);
    this.#process = null;
    process.kill(pid, 'SIGKILL');
    await gone(family);
  }

  async startAgain(): Promise<void> {
    // After a crash it has to be done again at times, as long as the memory that it shared is not given back.
    this.#process = await eventually('PostgreSQL', () => this.#launch());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #data(): string {
    return join(this.#folder, 'data');
  }

  async #initialise(): Promise<void> {
    const { initdb } = await postgresBinaries();
    const { uid, gid } = this.#owner;
    const passwordFile = join(this.#folder, 'password');
    await writeFile(passwordFile, PASSWORD);
    if (uid !== undefined && gid !== undefined) await chown(this.#folder, uid, gid);
    const flags = [`--pgdata=${this.#data}`, `--username=${USER}`, `--pwfile=${passwordFile}`];
    await run(initdb, [...flags, ...INIT_FLAGS], this.#owner);
  }

  /** @returns its first process when it takes connections; null when it has ended before */
  async #launch(): Promise<ChildProcess | null> {
    const { postgres } = await postgresBinaries();
    const child = spawn(postgres, ['-D', this.#data, '-p', `${this.port}`, ...FLAGS], {
      ...this.#owner,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const end = () => child.kill('SIGINT');
    process.once('exit', end);
    child.once('close', () => process.off('exit', end));
    return new Promise((resolve, reject) => {
      createInterface(child.stderr).on('line', (line) => {
        if (line.includes(READY)) resolve(child);
      });
      child.once('error', reject);
      child.once('close', () => resolve(null));
    });
  }
}

/** None but the tests' own user, unless that is root. */
async function ownerOfServers(): Promise<Owner> {
  if (process.getuid?.() !== 0) return {};
  const id = async (which: string) => Number((await run('id', [which, 'nobody'])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}

/** @param url of any database of the server */
export async function newDatabase(url: string): Promise<string> {
  return created(url);
}

/** @returns the address of a new database of the same server, as this one is, which nobody may be connected to */
export async function copyOf(url: string): Promise<string> {
  const { pathname } = new URL(url);
  return created(inDatabase(url, 'postgres'), `template ${pathname.slice(1)}`);
}

/** Cuts off who is connected to it. */
export async function dropDatabase(url: string): Promise<void> {
  const { pathname } = new URL(url);
  await query(inDatabase(url, 'postgres'), `drop database if exists ${pathname.slice(1)} with (force)`);
}

async function created(url: string, how = ''): Promise<string> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await query(url, `create database ${name} ${how}`);
  return inDatabase(url, name);
}

function inDatabase(url: string, name: string): string {
  const address = new URL(url);
  address.pathname = `/${name}`;
  return address.href;
}

/** Runs statements in a database. */
export async function query(url: string, text: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
