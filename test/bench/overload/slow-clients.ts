import { connect, type Socket } from 'node:net';

/** Below the time after which the service gives up a body that stands still. */
const EVERY_MS = 5_000;

/**
 * Clients that send next to nothing for as long as they are let: half of them never end their headers, the others their
 * bodies. Whoever is cut comes again.
 */
export class SlowClients {
  readonly #port: number;
  readonly #sockets = new Set<Socket>();
  readonly #timer: NodeJS.Timeout;
  cut = 0;
  #over = false;

  constructor(url: string, clients: number) {
    this.#port = Number(new URL(url).port);
    for (let client = 0; client < clients; client++) this.#open(client % 2 === 0);
    this.#timer = setInterval(() => this.#trickle(), EVERY_MS);
  }

  get open(): number {
    return [...this.#sockets].filter(({ readyState }) => readyState === 'open').length;
  }

  #open(inHeaders: boolean): void {
    const socket = connect(this.#port, '127.0.0.1');
    this.#sockets.add(socket);
    socket.on('connect', () => {
      socket.write('POST /upload HTTP/1.1\r\nHost: slow\r\nContent-Type: image/jpeg\r\n');
      if (!inHeaders) socket.write('Content-Length: 1000000\r\n\r\n');
    });
    socket.on('error', () => {});
    socket.resume();
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (this.#over) return;
      this.cut++;
      setTimeout(() => this.#over || this.#open(inHeaders), 1_000);
    });
  }

  #trickle(): void {
    for (const socket of this.#sockets) if (socket.readyState === 'open') socket.write('x');
  }

  close(): void {
    this.#over = true;
    clearInterval(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
  }
}
