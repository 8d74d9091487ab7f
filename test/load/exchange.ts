import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { PatientAgent, type Target } from './connections.ts';

export interface Exchange {
  target: Target;
  agent: PatientAgent;
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string | number>;
  body?: readonly Buffer[];
  timeoutMs: number;
}

export interface Answer {
  kind: 'answer';
  status: number;
  retryAfter: string | undefined;
  body: string;
  /** From the first byte written to the last byte read; the time to connect is not in it. */
  latencyMs: number;
  /** Only where the connection was opened for this exchange. */
  connectMs: number | undefined;
  /** The server had just closed the kept connection it was first written on. */
  wasStale: boolean;
}
/** No complete answer came. `TIMEOUT`, `INCOMPLETE` (the answer broke off) or the code of the system call. */
export interface TransportError {
  kind: 'transport-error';
  code: string;
  wasStale: boolean;
}
type Attempt = Answer | TransportError | { kind: 'stale' };

const fresh = new PatientAgent({ keepAlive: false });

/** Sends a request and reads its whole answer. Never rejects. */
export async function exchange(wanted: Exchange): Promise<Answer | TransportError> {
  const first = await attempt(wanted);
  if (first.kind !== 'stale') return first;
  const second = await attempt({ ...wanted, agent: fresh });
  return second.kind === 'stale'
    ? { kind: 'transport-error', code: 'ECONNRESET', wasStale: true }
    : { ...second, wasStale: true };
}

function attempt({ target, agent, method, path, headers, body, timeoutMs }: Exchange): Promise<Attempt> {
  const { promise, resolve } = Promise.withResolvers<Attempt>();
  const outgoing = request({
    agent,
    host: target.host,
    port: target.port,
    method,
    path,
    headers: { Host: target.authority, ...headers },
  });
  const fail = (code: string): void => resolve({ kind: 'transport-error', code, wasStale: false });
  const timer = setTimeout(() => {
    fail('TIMEOUT');
    outgoing.destroy();
  }, timeoutMs);
  const clock = watchConnection(outgoing);

  let answering = false;
  outgoing.once('response', (incoming: IncomingMessage) => {
    answering = true;
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('error', () => fail('INCOMPLETE'));
    incoming.once('end', () => {
      resolve({
        kind: 'answer',
        status: incoming.statusCode ?? 0,
        retryAfter: incoming.headers['retry-after'],
        body: Buffer.concat(chunks).toString(),
        latencyMs: performance.now() - clock.writtenAt,
        connectMs: clock.connectMs,
        wasStale: false,
      });
      // Answered before all was sent: the rest is of no use to anyone, so we hang up, as curl does.
      if (!outgoing.writableFinished) outgoing.destroy();
    });
  });
  // Errors come here too after the answer has begun; then the answer's own events have the say.
  outgoing.on('error', (error: Error & { code?: string }) => {
    if (outgoing.reusedSocket && clock.bytesAnswered() === 0 && isReset(error)) resolve({ kind: 'stale' });
    else if (!answering) fail(error.code ?? error.name);
  });
  // Together with the headers, in as few packets as they need.
  outgoing.cork();
  for (const part of body ?? []) outgoing.write(part);
  outgoing.end();
  outgoing.uncork();
  return promise.finally(() => clearTimeout(timer));
}

const isReset = (error: { code?: string }): boolean => error.code === 'ECONNRESET' || error.code === 'EPIPE';

/** When this request could first be written, which is when it had an open connection. */
function watchConnection(outgoing: ClientRequest) {
  const clock: { writtenAt: number; connectMs: number | undefined; bytesAnswered: () => number } = {
    writtenAt: performance.now(),
    connectMs: undefined,
    bytesAnswered: () => 0,
  };
  outgoing.once('socket', (socket: Socket) => {
    const assignedAt = performance.now();
    const readBefore = socket.bytesRead;
    clock.bytesAnswered = () => socket.bytesRead - readBefore;
    clock.writtenAt = assignedAt;
    if (!socket.connecting) return;
    socket.once('connect', () => {
      clock.writtenAt = performance.now();
      clock.connectMs = clock.writtenAt - assignedAt;
    });
  });
  return clock;
}
