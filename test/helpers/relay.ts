import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What becomes of bytes on their way: others in their place, or the end of their connection. */
export type Passage = (bytes: Buffer, connection: Connection) => Buffer | 'cut';

export interface Connection {
  /** Bytes that went to the server, with these. */
  sent: number;
  /** Bytes that came from it, with these. */
  received: number;
}

const untouched: Passage = (bytes) => bytes;

/** A way to a server on this machine that can be watched, cut and tampered with. */
export class Relay implements AsyncDisposable {
  toServer: Passage = untouched;
  toClient: Passage = untouched;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Connections that there have been. */
  made = 0;

  static async to(endpoint: string): Promise<Relay> {
    const relay = new Relay(Number(new URL(endpoint).port));
    await once(relay.#server.listen(0, '127.0.0.1'), 'listening');
    return relay;
  }

  private constructor(port: number) {
    this.#server = createServer((client) => {
      this.made++;
      const server = connect(port, '127.0.0.1');
      const connection = { sent: 0, received: 0 };
      this.#join(client, server, (bytes) => {
        connection.sent += bytes.length;
        return this.toServer(bytes, connection);
      });
      this.#join(server, client, (bytes) => {
        connection.received += bytes.length;
        return this.toClient(bytes, connection);
      });
    });
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Connections that there are now. */
  get open(): number {
    return this.#sockets.size / 2;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(from: Socket, to: Socket, passage: (bytes: Buffer) => Buffer | 'cut'): void {
    this.#sockets.add(from);
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    // A connection may end as it likes.
    from.on('error', () => {});
    from.on('data', (bytes) => {
      const passed = passage(bytes);
      if (passed === 'cut') return void from.destroy();
      if (to.write(passed)) return;
      from.pause();
      to.once('drain', () => from.resume());
    });
  }
}
