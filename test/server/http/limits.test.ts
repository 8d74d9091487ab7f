import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ClientFaults } from '../../../server/http/client-faults.ts';
import { type Limits, limitConnections } from '../../../server/http/limits.ts';
import { recordingLog } from '../../helpers/recording-log.ts';

const LIMITS: Limits = {
  maxConnections: 10,
  headersTimeoutMs: 60_000,
  requestTimeoutMs: 60_000,
  stillMs: 60_000,
};
/** More than the buffers between two processes hold. */
const MUCH = Buffer.alloc(64 * 2 ** 20);

async function limited(limits: Partial<Limits>, listener: RequestListener) {
  const faults = new ClientFaults(recordingLog().log);
  const server = createServer(listener);
  const endUnasked = limitConnections(server, { ...LIMITS, ...limits }, faults);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const open = async (text = '') => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    const taken = once(server, text === '' ? 'connection' : 'request');
    await once(socket, 'connect');
    socket.write(text);
    await taken;
    return socket;
  };
  return { server, faults, open, endUnasked };
}

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

test('who does not take the answer that it has asked for is cut, and counted', async () => {
  const { server, faults, open } = await limited({ stillMs: 100 }, (_, response) => {
    response.end(MUCH);
  });
  const closed = once(server, 'connection').then(([socket]) => once(socket, 'close'));
  const socket = await open(GET);
  socket.pause();
  await closed;
  expect(Object.fromEntries(faults.totals)).toEqual({ answer_not_taken: 1 });
});

test('who waits for an answer is not cut before it comes', async () => {
  const { faults, open } = await limited({ stillMs: 60_000 }, (_, response) => {
    setTimeout(() => response.end('late'), 50);
  });
  const socket = await open(GET);
  const [piece] = await once(socket, 'data');
  expect(String(piece)).toContain('late');
  expect(faults.totals.size).toBe(0);
});

test('when all connections are at work, one more is turned away, and counted', async () => {
  const { server, faults, open } = await limited({}, () => {});
  for (let n = 0; n < LIMITS.maxConnections; n++) await open(GET);
  const { port } = server.address() as AddressInfo;
  await once(connect(port, '127.0.0.1'), 'close');
  expect(Object.fromEntries(faults.totals)).toEqual({ too_many_connections: 1 });
});

test('before that, those that have asked for nothing give way, from the oldest', async () => {
  const { faults, open } = await limited({}, () => {});
  const [oldest, newer] = [await open(), await open()];
  for (let n = 0; n < LIMITS.maxConnections - 3; n++) await open(GET);
  const closed = once(oldest, 'close');
  await open(GET);
  await closed;
  expect(newer.destroyed).toBe(false);
  expect(Object.fromEntries(faults.totals)).toEqual({ crowded_out: 1 });
});

test('but not those who have just come, and are about to ask', async () => {
  const { faults, open } = await limited({ maxConnections: 20 }, () => {});
  for (let n = 0; n < 18; n++) await open(GET);
  for (let n = 0; n < 2; n++) await open();
  expect(faults.totals.size).toBe(0);
});

test('who waits for an answer is left when the others are ended', async () => {
  const answers: ServerResponse[] = [];
  const { open, endUnasked } = await limited({}, (_, response) => {
    // The first is answered at once; the second one of that connection is awaited.
    if (answers.push(response) === 1) response.end('first');
  });
  const asking = await open(`${GET}${GET}`);
  const [silent, half] = [await open(), await open()];
  half.write('GET / HTTP/1.1');
  await Promise.all([once(asking, 'data'), vi.waitFor(() => expect(answers).toHaveLength(2))]);
  endUnasked();
  // A reset is an end as well.
  const ended = [silent, half].map(
    (socket) => new Promise((resolve) => socket.resume().once('close', resolve)),
  );
  await Promise.all(ended);
  answers[1]?.end('second');
  const [piece] = await once(asking, 'data');
  expect(String(piece)).toContain('second');
});
