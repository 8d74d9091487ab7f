/**
 * A process of its own, so that what it does is not felt in what is measured: clients that send next to nothing for as long as
 * they are let. Half of them never end their headers, the others their bodies. Whoever is cut comes again.
 * Arguments: port, number of clients. On SIGTERM it says how many were cut and how many are open.
 */
import { connect, type Socket } from 'node:net';

const [port, clients] = process.argv.slice(2).map(Number);

/** Below the time after which the service gives up a body that stands still. */
const EVERY_MS = 5_000;
const AGAIN_MS = 1_000;

const sockets = new Set<Socket>();
let cut = 0;

function open(inHeaders: boolean): void {
  const socket = connect(port ?? 0, '127.0.0.1');
  sockets.add(socket);
  socket.on('connect', () => {
    socket.write('POST /upload HTTP/1.1\r\nHost: slow\r\nContent-Type: image/jpeg\r\n');
    if (!inHeaders) socket.write('Content-Length: 1000000\r\n\r\n');
  });
  socket.on('error', () => {});
  socket.resume();
  socket.on('close', () => {
    sockets.delete(socket);
    cut++;
    setTimeout(open, AGAIN_MS, inHeaders);
  });
}

for (let client = 0; client < (clients ?? 0); client++) open(client % 2 === 0);
setInterval(() => {
  for (const socket of sockets) if (socket.readyState === 'open') socket.write('x');
}, EVERY_MS);
process.on('SIGTERM', () => {
  const isOpen = [...sockets].filter(({ readyState }) => readyState === 'open').length;
  process.stdout.write(JSON.stringify({ cut, open: isOpen }), () => process.exit());
});
