/** The least that an upload can be: the body streamed to a file, which is brought to the disk. See accept-latency.ts. */
import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

async function keep(incoming: IncomingMessage): Promise<void> {
  const handle = await open(join(process.argv[2] ?? '.', randomUUID()), 'wx');
  for await (const chunk of incoming) await handle.write(chunk);
  await handle.sync();
  await handle.close();
}

const server = createServer((incoming, outgoing) => {
  keep(incoming).then(
    () => outgoing.end('{"status":"kept"}'),
    (error) => outgoing.writeHead(500).end(String(error)),
  );
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
