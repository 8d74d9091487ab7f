import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the range that Linux and macOS take the ports of clients from: while the service is down, a client that knocks
 * would else be given that very port at times, and meet itself.
 */
const LOWEST = 20_000;
const HIGHEST = 32_000;

/** A port that stays free while the service is between two lives. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    const server = createServer();
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening');
      return port;
    } catch {
      // Somebody has it.
    } finally {
      server.close();
    }
  }
}
