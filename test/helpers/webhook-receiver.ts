import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Received {
  id: string;
  body: string;
  /** By Standard Webhooks, with the secret of the receiver. */
  isSigned: boolean;
}

/** How it answers one; never, where it gives no answer. */
export type Answering = (received: Received, answer: ServerResponse) => void;

/** Takes what a service tells it, as the back end of a site does. */
export class WebhookReceiver {
  readonly secret = 'whsec_bm9ib2R5IGhhcyB0byBndWVzcyB0aGlzIG9uZSBoZXJl';
  readonly received: Received[] = [];
  answering: Answering = (_, answer) => answer.writeHead(204).end();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, answer) => void this.#take(request, answer));
  }

  static async listen(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver(createServer());
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/purge`;
  }

  async #take(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await text(request).catch(() => null);
    if (body === null) return;
    const field = (name: string) => String(request.headers[name]);
    const id = field('webhook-id');
    const timestamp = field('webhook-timestamp');
    const key = Buffer.from(this.secret.replace('whsec_', ''), 'base64');
    const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
    const isFresh = Math.abs(Date.now() / 1000 - Number(timestamp)) < 300;
    const received = { id, body, isSigned: isFresh && field('webhook-signature') === `v1,${signature}` };
    this.received.push(received);
    this.answering(received, answer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
