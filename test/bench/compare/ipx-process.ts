/** ipx over HTTP in a process of its own: the other end of request-sides.ts. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createIPX, createIPXNodeServer, ipxFSStorage } from 'ipx';
import sharp from 'sharp';

sharp.concurrency(1);
sharp.cache(false);
const ipx = createIPX({ storage: ipxFSStorage({ dir: process.argv[2] ?? '.' }) });
const server = createServer(createIPXNodeServer(ipx));
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
// With the bench.
process.on('disconnect', () => process.exit());
