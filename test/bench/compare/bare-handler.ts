/** The least that an upload can be: the body streamed to a file, which is brought to the disk with its name. See accept-latency.ts. */
import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

const FOLDER = process.argv[2] ?? '.';

async function keep(incoming: IncomingMessage): Promise<void> {
  await using file = await open(join(FOLDER, randomUUID()), 'wx');
  for await (const chunk of incoming) await file.write(chunk);
  await file.sync();
  await using folder = await open(FOLDER);
  await folder.sync();
}

const server = createServer((incoming, outgoing) => {
  keep(incoming).then(
    () => outgoing.end('{"status":"kept"}'),
    (error) => outgoing.writeHead(500).end(String(error)),
  );
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
// With the bench.
process.on('disconnect', () => process.exit());
