import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type FromWorker, ToWorker } from '../../shared/protocol.ts';

/** The other end of workers/supervisor/channel.ts. */
const TO_SUPERVISOR = 3;

/** @param gone called when the supervisor is there no more */
export function listen(heard: (message: ToWorker) => void, gone: () => void): void {
  createInterface({ input: process.stdin })
    .on('line', (line) => heard(ToWorker.parse(JSON.parse(line))))
    .on('close', gone);
}

export function send(message: FromWorker): void {
  try {
    // A pipe that waits: what is said before a death is heard.
    writeFileSync(TO_SUPERVISOR, `${JSON.stringify(message)}\n`);
  } catch {
    // The supervisor is gone, which `listen` tells.
  }
}
