import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Webhook } from 'standardwebhooks';

export interface Received {
  id: string;
  /** Of the request, without its query. */
  path: string;
  body: string;
  /** By Standard Webhooks, with the secret of the receiver. */
  isSigned: boolean;
}

/** How it answers one; never, where it gives no answer. */
export type Answering = (received: Received, answer: ServerResponse) => void;

const TLS = fileURLToPath(new URL('../fixtures/tls/', import.meta.url));
/** Of the name `localhost`, signed by nobody but itself. */
export const CERTIFICATE = `${TLS}certificate.pem`;

/** Takes what a service tells it, as the back end of a site does. */
export class WebhookReceiver {
  readonly secret = 'whsec_bm9ib2R5IGhhcyB0byBndWVzcyB0aGlzIG9uZSBoZXJl';
  readonly received: Received[] = [];
  connections = 0;
  answering: Answering = (_, answer) => answer.writeHead(204).end();
  readonly #server: Server;
  readonly #scheme: string;
  readonly #verifier = new Webhook(this.secret);

  private constructor(server: Server, scheme: string) {
    this.#server = server;
    this.#scheme = scheme;
    server.on('connection', () => this.connections++);
    server.on('request', (request, answer) => void this.#take(request, answer));
  }

  static async listen({ isSecure = false } = {}): Promise<WebhookReceiver> {
    const server = isSecure
      ? createSecureServer({ key: readFileSync(`${TLS}key.pem`), cert: readFileSync(CERTIFICATE) })
      : createServer();
    const receiver = new WebhookReceiver(server, isSecure ? 'https' : 'http');
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get url(): string {
    return this.at('/told');
  }

  at(path: string, host = '127.0.0.1'): string {
    return `${this.#scheme}://${host}:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  async #take(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await text(request).catch(() => null);
    if (body === null) return;
    const id = String(request.headers['webhook-id']);
    const path = new URL(request.url ?? '', 'http://receiver').pathname;
    const received = { id, path, body, isSigned: this.#isSigned(body, request) };
    this.received.push(received);
    this.answering(received, answer);
  }

  #isSigned(body: string, { headers }: IncomingMessage): boolean {
    try {
      this.#verifier.verify(body, headers as Record<string, string>);
      return true;
    } catch {
      return false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
