import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { descriptorsOf } from './descriptors.ts';
import { eventually } from './eventually.ts';
import { filesBelow } from './files-below.ts';
import { rawRequest } from './http-exchange.ts';
import type { RunningService } from './service.ts';
import { newPicture } from './upload.ts';

export interface RawConnection {
  socket: Socket;
  /** All that the service has said. */
  said(): string;
  /** The status of each answer, interim ones left out. */
  statuses(): number[];
  /** Resolves when the service has ended it, with the milliseconds since it was opened. */
  ended: Promise<number>;
}

/** A connection over which anything at all is sent. */
export async function rawConnection(service: RunningService, first = ''): Promise<RawConnection> {
  const { port, hostname } = new URL(service.url);
  const begin = performance.now();
  const socket = connect(Number(port), hostname);
  let said = '';
  socket.on('data', (piece: Buffer) => {
    said += piece.toString('latin1');
  });
  // A reset is an end as well.
  socket.on('error', () => {});
  const ended = new Promise<number>((resolve) => {
    socket.once('close', () => resolve(performance.now() - begin));
  });
  await Promise.race([once(socket, 'connect'), ended]);
  if (first !== '') socket.write(first, 'latin1');
  return {
    socket,
    ended,
    said: () => said,
    statuses: () => [...said.matchAll(/HTTP\/1\.1 ([2-5]\d\d)/g)].map(([, status]) => Number(status)),
  };
}

/** Sends all of it at once; gives the statuses when the service has ended the connection. */
export async function statusesUntilEnd(service: RunningService, text: string): Promise<number[]> {
  const connection = await rawConnection(service, text);
  await connection.ended;
  return connection.statuses();
}

/** Sends all of it at once; gives the statuses when there are so many, and the connection is still open. */
export async function statusesOf(service: RunningService, text: string, many: number): Promise<number[]> {
  const { socket, statuses } = await rawConnection(service, text);
  try {
    await eventually(`${many} answers`, () => statuses().length >= many || socket.destroyed);
    expect(socket.destroyed, 'the connection is ended').toBe(false);
    return statuses();
  } finally {
    socket.destroy();
  }
}

/** An honest client, with a connection of its own, is served all the while. */
export async function expectHonestUpload(service: RunningService): Promise<void> {
  const body = await newPicture(imagePath('tiny_1x1.png'));
  const headers = { 'content-type': 'image/png', 'content-length': body.length };
  const answer = await rawRequest(service, '/upload', { headers, body });
  expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('"id"') });
}

/** Nothing is left of whoever was here: no file in the spool, no descriptor, no line of an error. */
export async function expectNothingLeft(service: RunningService): Promise<void> {
  await eventually('an empty spool', async () => (await filesBelow(`${service.folder}/spool`)).length === 0);
  const before = JSON.stringify(service.descriptors);
  await eventually(
    'the descriptors of before',
    async () => JSON.stringify(await descriptorsOf(service.pid)) === before,
  );
  expect(service.lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
}

/** How often the log says that clients did this. */
export const faultsOf = (service: RunningService, reason: string): number =>
  service.lines
    .filter((line) => line.msg === 'client faults' && line.reason === reason)
    .reduce((sum, { count }) => sum + Number(count), 0);
