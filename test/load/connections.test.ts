import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { UsageError } from '../helpers/command-line.ts';
import { findTarget, PatientAgent } from './connections.ts';

/** In a thread of its own, for the client's must stand still until the answer and the reset have both arrived. */
const REFUSING_SERVER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const server = require('node:net').createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.pause();
      socket.write('HTTP/1.1 503 Busy\\r\\nConnection: close\\r\\nContent-Length: 4\\r\\n\\r\\nbusy', () => {
        socket.resetAndDestroy();
        socket.once('close', () => {
          Atomics.store(workerData, 0, 1);
          Atomics.notify(workerData, 0);
        });
      });
    });
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

it('keeps the answer where the rest of the upload is written on a connection that was reset', async () => {
  const wasReset = new Int32Array(new SharedArrayBuffer(4));
  const server = new Worker(REFUSING_SERVER, { eval: true, workerData: wasReset });
  try {
    const [port] = await once(server, 'message');
    const agent = new PatientAgent({ keepAlive: false });
    const outgoing = request({ agent, host: '127.0.0.1', port, method: 'POST' });
    const answered = once(outgoing, 'response');
    outgoing.write('the first part');
    const [socket] = await once(outgoing, 'socket');
    await once(socket, 'connect');
    Atomics.wait(wasReset, 0, 0, 2_000);
    outgoing.end(Buffer.alloc(2 ** 20));

    const [incoming]: IncomingMessage[] = await answered;
    expect(incoming?.statusCode).toBe(503);
    expect(incoming && (await text(incoming))).toBe('busy');
  } finally {
    await server.terminate();
  }
});

it('says in one sentence that nothing listens at an address', async () => {
  // Port 9 (discard) belongs to nobody's test.
  await expect(findTarget('http://127.0.0.1:9')).rejects.toThrow(UsageError);
  await expect(findTarget('http://127.0.0.1:9')).rejects.toThrow(
    '--url: nothing answers at http://127.0.0.1:9 (',
  );
});
