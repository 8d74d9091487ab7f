import type { Readable } from 'node:stream';
import type { Context, Hono } from 'hono';
import type { AppEnv } from '../routes/context.ts';
import type { ClientFaults } from './client-faults.ts';
import type { Limits } from './limits.ts';

export interface ListenOptions {
  host: string;
  port: number;
  limits: Limits;
  faults: ClientFaults;
}

export interface HttpServer {
  port: number;
  /** Takes no new connection; resolves when every open one has ended. */
  stop(): Promise<void>;
  /** Cuts what is still open. */
  cut(): void;
}

/** A runtime's own way to listen, and to the body of a request. */
export interface HttpRuntime {
  listen(app: Hono<AppEnv>, options: ListenOptions): Promise<HttpServer>;
  bodyOf(context: Context): Readable;
  /** Ends the connection of a request whose answer is not taken. False: it cannot, and the answer is to end. */
  cut(context: Context): boolean;
  /** The address at the other end of the connection. */
  peerOf(context: Context): string;
}
