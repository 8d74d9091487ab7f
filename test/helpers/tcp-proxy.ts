import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';

/** Stands between a client and a server, and lets the test say what becomes of their connections. */
export class TcpProxy {
  readonly #server: Server;
  readonly #pairs = new Set<[Socket, Socket]>();
  #refuses = false;
  #isStill = false;
  #delayMs = 0;
  #stopAt: { left: number; then: () => void } | null = null;
  #cutAt: { what: string; after: string } | null = null;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param target of which host and port count */
  static async before(target: string): Promise<TcpProxy> {
    const { hostname, port } = new URL(target);
    const server = createServer();
    const proxy = new TcpProxy(server);
    server.on('connection', (client) => proxy.#join(client, createConnection(Number(port), hostname)));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  /** The same address, by way of the proxy. */
  address(target: string): string {
    const url = new URL(target);
    url.hostname = '127.0.0.1';
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  /** Cuts what is open; what comes is refused, until {@link heal}. */
  refuse(): void {
    this.#refuses = true;
    this.cut();
  }

  /** Nothing passes any more, and nobody is told. */
  still(): void {
    this.#isStill = true;
  }

  /** Nothing passes any more when so many more bytes have come to the server, all connections together, until {@link heal}. */
  stopAfter(bytes: number, then: () => void): void {
    this.#stopAt = { left: bytes, then };
  }

  /** Each piece passes so much later, in milliseconds. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** Ends every connection that is open. */
  cut(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  /**
   * Lets the server have what the client sends, and ends the connection before the answer. Once.
   * @param after of a connection alone that has sent this before, or with it
   */
  cutAnswerTo(what: string, after = ''): void {
    this.#cutAt = { what, after };
  }

  heal(): void {
    this.#refuses = false;
    this.#isStill = false;
    this.#delayMs = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #count(bytes: number): void {
    if (!this.#stopAt || this.#isStill) return;
    this.#stopAt.left -= bytes;
    if (this.#stopAt.left > 0) return;
    const { then } = this.#stopAt;
    this.#stopAt = null;
    this.#isStill = true;
    then();
  }

  #join(client: Socket, server: Socket): void {
    if (this.#refuses) {
      client.destroy();
      server.destroy();
      return;
    }
    const pair: [Socket, Socket] = [client, server];
    this.#pairs.add(pair);
    let isCut = false;
    let isMarked = false;
    const pass = (to: Socket) => (chunk: Buffer) => {
      if (isCut || this.#isStill) return;
      if (this.#delayMs === 0) to.write(chunk);
      else setTimeout(() => to.write(chunk), this.#delayMs);
    };
    client.on('data', (chunk: Buffer) => {
      isMarked ||= this.#cutAt !== null && chunk.includes(this.#cutAt.after);
      if (isMarked && this.#cutAt && chunk.includes(this.#cutAt.what)) {
        this.#cutAt = null;
        server.write(chunk);
        isCut = true;
        // What it answers the client never sees.
        server.once('data', () => {
          client.destroy();
          server.destroy();
        });
        return;
      }
      pass(server)(chunk.subarray(0, this.#stopAt?.left));
      this.#count(chunk.length);
    });
    server.on('data', pass(client));
    for (const [socket, other] of [pair, [server, client] as const]) {
      socket.on('error', () => {});
      socket.on('close', () => {
        other.destroy();
        this.#pairs.delete(pair);
      });
    }
  }
}
