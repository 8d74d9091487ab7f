import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { serveImage } from './container.ts';
import { heldToContract } from './contract.ts';
import { descriptorsOf } from './descriptors.ts';
import { IMAGE } from './image.ts';
import { endStoresOf, type Leftovers, storesOf } from './stores.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The runtime that the service under test runs on: the same suite passes on both. */
export const RUNTIME = process.env.DARKROOM_RUNTIME === 'bun' ? 'bun' : 'node';

/** How its workers are kept: the same suite passes in both. */
export const SANDBOX = process.env.DARKROOM_SANDBOX === 'strict' ? 'strict' : 'default';

/** As `npm start` has them. */
const FLAGS = { node: ['--max-semi-space-size=2'], bun: [] };

/** Of every service under test, unless it has others. */
const SETTINGS = { PORT: '0', N_WORKERS: '2', HOST: '127.0.0.1', WORKER_SANDBOX: SANDBOX };

const FAULT_SERVICE = 'test/fixtures/fault-service.ts';
const ESCAPE_SERVICE = 'test/fixtures/escape-service.ts';
const CACHE_FOR_WORKERS = join(ROOT, 'test/fixtures/code-cache-for-workers.ts');

/** Where the tests have a cache of compiled code, the services have it, too. Bun knows of none. */
const { NODE_COMPILE_CACHE } = process.env;

export type LogLine = Record<string, unknown> & { msg: string };

/** The service as a user has it: a process, its port, its log, its folder. */
export class RunningService {
  readonly url: string;
  readonly folder: string;
  readonly process: ChildProcess;
  readonly lines: LogLine[] = [];
  /** What it had open when all its workers were ready; null where nobody has looked. */
  readonly descriptors: readonly string[] | null = null;
  /** What it has found of the life before, where nobody but the tests looks for that. */
  readonly found: Leftovers | null = null;
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  readonly #listeners = new Set<(line: LogLine) => void>();
  readonly #ownsFolder: boolean;
  #diverted: ((line: LogLine) => void) | null = null;

  constructor(child: ChildProcess, folder: string, ownsFolder: boolean) {
    this.process = child;
    this.folder = folder;
    this.url = '';
    this.#ownsFolder = ownsFolder;
    this.exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
    if (!child.stdout) throw new Error('the service has no output');
    createInterface(child.stdout).on('line', (text) => {
      const line: LogLine = text.startsWith('{') ? JSON.parse(text) : { msg: text };
      if (this.#diverted) return this.#diverted(line);
      this.lines.push(line);
      for (const listener of this.#listeners) listener(line);
    });
  }

  get pid(): number {
    if (this.process.pid === undefined) throw new Error('the service has no pid');
    return this.process.pid;
  }

  /** Resolves with the first line, already written or to come, that fits; rejects when the service ends before. */
  async logged(fits: string | ((line: LogLine) => boolean), after = 0): Promise<LogLine> {
    const matches = typeof fits === 'string' ? (line: LogLine) => line.msg === fits : fits;
    const found = this.lines.slice(after).find(matches);
    if (found) return found;
    let listener: (line: LogLine) => void = () => {};
    const line = new Promise<LogLine>((resolve) => {
      listener = (candidate) => {
        if (matches(candidate)) resolve(candidate);
      };
    });
    this.#listeners.add(listener);
    try {
      return await Promise.race([
        line,
        this.exited.then((end) => {
          const last = JSON.stringify(this.lines.at(-1));
          throw new Error(
            `the service ended (${JSON.stringify(end)}) before it logged ${String(fits)}; last: ${last}`,
          );
        }),
      ]);
    } finally {
      this.#listeners.delete(listener);
    }
  }

  /** From now on each line goes to this listener alone, and none is kept: there may be millions. */
  divert(listener: (line: LogLine) => void): void {
    this.#diverted = listener;
  }

  /** Pids of workers that live, ready or not, as the kernel sees them: children of the service. */
  async workerPids(): Promise<number[]> {
    const children = await readFile(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8').catch(() => '');
    return children.split(' ').filter(Boolean).map(Number);
  }

  /** What is answered has to be as the contract says. */
  async fetch(path: string, init?: RequestInit): Promise<Response> {
    const url = new URL(path, this.url);
    const answer = await fetch(url, init);
    await heldToContract(init?.method ?? 'GET', url, answer);
    return answer;
  }

  /** Ends it if it still runs, and removes its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill('SIGKILL');
    await this.exited;
    if (!this.#ownsFolder) return;
    await endStoresOf(this.folder);
    await rm(this.folder, { recursive: true, force: true });
  }
}

export interface StartOptions {
  /** Environment variables of the service. */
  env?: Record<string, string>;
  /** A data folder to go on with; else one of its own, removed in the end. */
  folder?: string;
  runtime?: 'node' | 'bun';
  /** Its workers obey fault pictures. */
  faults?: boolean;
  /** Its workers try to get out, as their pictures say. */
  escapes?: boolean;
  /** A module that the service loads before its own. */
  preload?: string;
  /** False: its workers have nothing of the tests, as in production; they start more slowly. */
  codeCache?: boolean;
  /** What stands before its command, such as a limit. */
  prefix?: string[];
  /** The user that it is, where the tests are root. */
  uid?: number;
}

/** Where others may pass, as a folder of data is: mkdtemp lets nobody in, and then workers are root as the tests are. */
export async function dataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-test-'));
  await chmod(folder, 0o711);
  return folder;
}

/** The folder that workers stand in, open to whatever user they are: there they are told of faults, and remember them. */
export async function standingPlace(folder: string): Promise<string> {
  const path = join(folder, 'scratch', 'idle');
  await mkdir(path, { recursive: true });
  await chmod(path, 0o777);
  return path;
}

/** Starts the service on a free port and waits until all its workers are ready. */
export async function startService(options: StartOptions = {}): Promise<RunningService> {
  const folder = options.folder ?? (await dataFolder());
  if (options.faults || options.escapes) await standingPlace(folder);
  if (options.uid !== undefined) {
    for (const path of [folder, ...(options.faults || options.escapes ? [join(folder, 'scratch')] : [])]) {
      await chown(path, options.uid, options.uid);
    }
  }
  const service = await spawnService(folder, options);
  try {
    const listening = await service.logged('listening');
    Object.assign(service, { url: listening.url });
    // The spare makes one more.
    const workers = options.env?.ROLE === 'api' ? 0 : Number(options.env?.N_WORKERS ?? 2) + 1;
    let ready = 0;
    if (workers > 0) await service.logged((line) => line.msg === 'worker ready' && ++ready === workers);
    return Object.assign(service, { descriptors: await descriptorsOf(service.pid) });
  } catch (error) {
    await service[Symbol.asyncDispose]();
    throw error;
  }
}

/** Starts the service and waits for nothing: for tests of its start. */
export async function spawnService(
  folder: string,
  {
    env = {},
    runtime = RUNTIME,
    folder: given,
    faults = false,
    escapes = false,
    preload,
    codeCache = true,
    prefix = [],
    uid,
  }: StartOptions,
): Promise<RunningService> {
  const stores = await storesOf({ folder });
  const found = given === undefined ? null : await stores.leftovers();
  if (IMAGE) {
    const ofTests = {
      faults,
      escapes,
      preload,
      uid,
      prefix: prefix.length > 0,
      runtime: runtime !== RUNTIME,
    };
    const child = await serveImage(IMAGE, folder, { ...SETTINGS, ...stores.env, ...env }, ofTests);
    return Object.assign(new RunningService(child, folder, given === undefined), { found });
  }
  const hasCache = codeCache && runtime === 'node' && NODE_COMPILE_CACHE !== undefined;
  const preloads = [preload, hasCache ? CACHE_FOR_WORKERS : undefined];
  const [command = '', ...args] = [...prefix, join(ROOT, 'node_modules/.bin', runtime)];
  const child = spawn(
    command,
    [
      ...args,
      ...FLAGS[runtime],
      ...preloads.flatMap((module) => (module === undefined ? [] : ['--import', module])),
      join(ROOT, escapes ? ESCAPE_SERVICE : faults ? FAULT_SERVICE : 'server/main.ts'),
    ],
    {
      ...(uid !== undefined && { uid, gid: uid }),
      cwd: ROOT,
      env: {
        PATH: process.env.PATH,
        BASE_PATH: folder,
        ...SETTINGS,
        ...(hasCache && { NODE_COMPILE_CACHE }),
        ...stores.env,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  return Object.assign(new RunningService(child, folder, given === undefined), { found });
}
