import { once } from 'node:events';
import { get } from 'node:http';
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from './eventually.ts';

const PROBE_EVERY_MS = 250;

/** As probes of Kubernetes have it: who does not answer in time is not ready. */
const PROBE_TIMEOUT_MS = 5_000;

/**
 * What stands before nodes as kube-proxy does: new connections go in turn to those that were ready when they were last asked, and
 * what is open stays where it is. It knows nothing of requests, and tries nothing again.
 */
export class Balancer implements AsyncDisposable {
  readonly #server: Server;
  readonly #nodes = new Map<string, { isReady: boolean }>();
  readonly #open = new Set<Socket>();
  readonly #ended = new AbortController();
  readonly #probing: Promise<void>[] = [];
  #turn = 0;

  static async start(): Promise<Balancer> {
    const server = createServer();
    const balancer = new Balancer(server);
    server.on('connection', (client) => balancer.#pass(client));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return balancer;
  }

  private constructor(server: Server) {
    this.#server = server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Probes a node from now on; resolves when it is ready, and connections come to it. */
  async add(url: string): Promise<void> {
    const node = { isReady: false };
    this.#nodes.set(url, node);
    this.#probing.push(this.#probe(url, node));
    await eventually(`${url} to be ready`, () => node.isReady);
  }

  /** Whether new connections come to a node. */
  isReady(url: string): boolean {
    return this.#nodes.get(url)?.isReady ?? false;
  }

  /** Forgets a node that has gone. */
  remove(url: string): void {
    this.#nodes.delete(url);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
    await Promise.all(this.#probing);
  }

  async #probe(url: string, node: { isReady: boolean }): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted && this.#nodes.get(url) === node) {
      node.isReady = await answersReady(url);
      await sleep(PROBE_EVERY_MS, undefined, { signal }).catch(() => {});
    }
  }

  #pass(client: Socket): void {
    const ready = [...this.#nodes].filter(([, { isReady }]) => isReady).map(([url]) => new URL(url));
    const next = ready[this.#turn++ % ready.length];
    if (!next) {
      client.resetAndDestroy();
      return;
    }
    const server = createConnection(Number(next.port), next.hostname);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#open.add(socket);
      socket.pipe(other);
      // The other side learns of it by the end of its own connection.
      socket.on('error', () => {});
      socket.once('close', () => {
        this.#open.delete(socket);
        other.destroy();
      });
    }
  }
}

/** On a connection of its own, so that it never meets one that a node has just closed. */
function answersReady(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = get(`${url}/readyz`, { agent: false, timeout: PROBE_TIMEOUT_MS }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    probe.on('timeout', () => probe.destroy());
    probe.on('error', () => resolve(false));
  });
}
