import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** Where the tests ask for the servers that they share; in the folder of all that they make. */
const socketIn = (folder: string) => join(folder, 'servers.sock');

export interface SharedServer {
  url: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What starts each, when the first test asks for it. */
export type Starters = Record<string, () => Promise<SharedServer>>;

/**
 * Servers that all test files share, as to start one takes seconds: each is started when it is first asked for, and ends with
 * the run of the tests. For the process that all test files are children of.
 * @returns ends them
 */
export async function offerServers(folder: string, starters: Starters): Promise<() => Promise<void>> {
  const started = new Map<string, Promise<SharedServer>>();
  const offer = createServer({ allowHalfOpen: true }, async (socket) => {
    const name = await text(socket);
    const starter = starters[name];
    if (starter && !started.has(name)) started.set(name, starter());
    try {
      socket.end(JSON.stringify({ url: (await started.get(name))?.url }));
    } catch (error) {
      socket.end(JSON.stringify({ fault: String(error) }));
    }
  });
  await once(offer.listen(socketIn(folder)), 'listening');
  return async () => {
    offer.close();
    for (const server of started.values()) {
      const running = await server.catch(() => null);
      await running?.[Symbol.asyncDispose]();
    }
  };
}

/** @returns the address of the server of this name, started where it was not yet */
export async function sharedServer(name: string): Promise<string> {
  const socket = createConnection(socketIn(process.env.TMPDIR ?? ''));
  socket.end(name);
  const { url, fault } = JSON.parse(await text(socket));
  if (typeof url !== 'string') throw new Error(`the server ${name} was not started: ${fault}`);
  return url;
}
