import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { keptConnections, type Target } from './connections.ts';
import { type Exchange, exchange } from './exchange.ts';

const REFUSAL = 'HTTP/1.1 503 Busy\r\nConnection: close\r\nRetry-After: 3\r\nContent-Length: 4\r\n\r\nbusy';
const KEPT = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** A server below HTTP, for what an HTTP library would never do. */
async function listen(serve: (socket: Socket, connection: number) => void) {
  let connections = 0;
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {}); // the client hangs up: that is what is tested
    serve(socket, connections++);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const agent = keptConnections(1);
  const target: Target = { authority: `127.0.0.1:${port}`, host: '127.0.0.1', port };
  const wanted: Exchange = { target, agent, method: 'POST', path: '/upload', timeoutMs: 2_000 };
  return {
    wanted,
    async [Symbol.asyncDispose]() {
      agent.destroy();
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('exchange', () => {
  it('reads the refusal of a server that resets the rest of the upload', async () => {
    await using server = await listen((socket) => {
      socket.once('data', () => {
        socket.pause();
        socket.write(REFUSAL, () => socket.resetAndDestroy());
      });
    });
    const body = Buffer.alloc(32 * 2 ** 20);
    for (let n = 0; n < 20; n++) {
      const result = await exchange({
        ...server.wanted,
        body: [body],
        headers: { 'Content-Length': body.length },
      });
      expect(result).toMatchObject({ kind: 'answer', status: 503, retryAfter: '3', body: 'busy' });
    }
  });

  it('sends once more where the server closed a kept connection, and says so', async () => {
    await using server = await listen((socket, connection) => {
      let requests = 0;
      socket.on('data', () => {
        requests += 1;
        if (connection === 0 && requests === 2) socket.resetAndDestroy();
        else socket.write(KEPT);
      });
    });
    expect(await exchange(server.wanted)).toMatchObject({ status: 200, wasStale: false });
    expect(await exchange(server.wanted)).toMatchObject({ status: 200, wasStale: true });
  });

  it('does not send again on a new connection that was reset', async () => {
    await using server = await listen((socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    });
    expect(await exchange(server.wanted)).toMatchObject({ kind: 'transport-error', code: 'ECONNRESET' });
  });

  it('calls an answer that breaks off a transport error', async () => {
    await using server = await listen((socket) => {
      socket.once('data', () => socket.end(KEPT.slice(0, -1)));
    });
    expect(await exchange(server.wanted)).toMatchObject({ kind: 'transport-error', code: 'INCOMPLETE' });
  });

  it('gives up on a silent server after the time-out', async () => {
    await using server = await listen(() => {});
    const result = await exchange({ ...server.wanted, timeoutMs: 50 });
    expect(result).toMatchObject({ kind: 'transport-error', code: 'TIMEOUT' });
  });
});
