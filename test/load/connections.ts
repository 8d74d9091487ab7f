import { Agent, type ClientRequestArgs } from 'node:http';
import { connect, Socket } from 'node:net';
import { UsageError } from '../helpers/command-line.ts';

/** Where the server listens, resolved once: a thousand look-ups of its name would queue in libuv's four threads. */
export interface Target {
  /** The Host header: the name as the person gave it. */
  authority: string;
  host: string;
  port: number;
}

const PROBE_TIMEOUT_MS = 5_000;

/** Finds the address that answers (a name may stand for several), before a thousand sockets try. */
export async function findTarget(origin: string): Promise<Target> {
  const { hostname, port, host: authority } = new URL(origin);
  const { promise, resolve, reject } = Promise.withResolvers<Target>();
  const refuse = (cause?: Error): void =>
    reject(
      new UsageError(`--url: nothing answers at ${origin}${cause ? ` (${cause.message})` : ''}`, { cause }),
    );
  // net wants an IPv6 address without the brackets of its URL
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || 80 });
  socket.setTimeout(PROBE_TIMEOUT_MS, refuse);
  socket.once('error', refuse);
  socket.once('connect', () =>
    resolve({ authority, host: socket.remoteAddress ?? hostname, port: Number(port) || 80 }),
  );
  return promise.finally(() => socket.destroy());
}

/**
 * A socket on which a failed write is no failure. A server may refuse an upload before it has read it all, and
 * reset what is still coming: Node would then destroy the socket, and with it the answer that already waits
 * unread in the kernel. The reading side alone says how the connection ended.
 */
class PatientSocket extends Socket {
  override _write(chunk: unknown, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    super._write(chunk, encoding, forgivingReset(done));
  }

  override _writev(
    chunks: { chunk: unknown; encoding: BufferEncoding }[],
    done: (error?: Error | null) => void,
  ): void {
    super._writev?.(chunks, forgivingReset(done));
  }
}

const forgivingReset =
  (done: (error?: Error | null) => void) =>
  (error?: (Error & { code?: string }) | null): void =>
    done(error?.code === 'EPIPE' || error?.code === 'ECONNRESET' ? null : error);

export class PatientAgent extends Agent {
  override createConnection(options: ClientRequestArgs): Socket {
    return new PatientSocket().setNoDelay(true).connect(Number(options.port), String(options.host));
  }
}

/** As many kept connections as clients: the default keeps only 256 free ones. */
export const keptConnections = (clients: number): PatientAgent =>
  new PatientAgent({ keepAlive: true, maxSockets: clients, maxFreeSockets: clients });
