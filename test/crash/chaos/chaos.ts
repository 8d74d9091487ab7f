import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom } from '../../fixtures/headers/seeded-random.ts';
import { freePort } from '../../helpers/free-port.ts';
import { dataFolder } from '../../helpers/service.ts';
import { total } from '../../load/statistics.ts';
import { asking } from './asking.ts';
import { auditAnswers } from './audit-answers.ts';
import { auditFiles } from './audit-files.ts';
import { auditRecords } from './audit-records.ts';
import type { Breach } from './breach.ts';
import { Client } from './client.ts';
import { killService, killWorkers } from './kills.ts';
import { Ledger } from './ledger.ts';
import { Lives } from './lives.ts';
import { type Matrix, matrixOf } from './matrix.ts';
import { type Records, readRecords } from './records.ts';
import { settle } from './settle.ts';

/** More than the workers and the queue hold: some are refused at any time. */
const CLIENTS = 8;

export interface Course {
  minutes: number;
  seed: number;
  runtime: 'node' | 'bun';
}

/** What goes on: for who watches. */
export interface Progress {
  accepted: number;
  workerKills: number;
  serviceKills: number;
}

export interface Outcome {
  matrix: Matrix;
  breaches: readonly Breach[];
  seconds: number;
  /** The data and the log, kept where something was broken. */
  keptIn: string | null;
}

/**
 * Fills a service with good and bad pictures while its workers and the service itself are killed, lets it settle, and
 * holds what the clients were told against its answers, its records and its files.
 * @param interrupted ends the killing early
 * @param watch is given what to look at
 */
export async function chaos(
  course: Course,
  interrupted: AbortSignal,
  watch: (progress: () => Progress) => void = () => {},
): Promise<Outcome> {
  const root = await dataFolder();
  const ledger = new Ledger();
  const workerKills: Record<string, number> = {};
  await using lives = new Lives(root, await freePort(), course.runtime, ledger);
  watch(() => ({
    accepted: ledger.accepted.length,
    workerKills: total(workerKills),
    serviceKills: total(lives.kills),
  }));
  const begin = performance.now();
  await sendAndKill(course, interrupted, lives, ledger, workerKills);
  const seconds = (performance.now() - begin) / 1000;
  const records = await audit(lives, ledger);

  const { kills: serviceKills, noWorker, down } = lives;
  const { breaches } = ledger;
  const isWhole = breaches.length === 0;
  if (isWhole) await rm(root, { recursive: true });
  return {
    matrix: matrixOf({ ledger, records, workerKills, serviceKills, noWorker, down }),
    breaches,
    seconds,
    keptIn: isWhole ? null : root,
  };
}

async function sendAndKill(
  { minutes, seed }: Course,
  interrupted: AbortSignal,
  lives: Lives,
  ledger: Ledger,
  workerKills: Record<string, number>,
): Promise<void> {
  // Each that decides by chance has numbers of its own: else the order of events would decide who has which.
  const randomOf = (actor: number) => seededRandom(seed * 100 + actor);
  const ask = asking(lives.url, ledger);
  const target = { authority: `127.0.0.1:${lives.port}`, host: '127.0.0.1', port: lives.port };
  const clients = Array.from(
    { length: CLIENTS },
    (_, number) => new Client(`client-${number}`, number % 2 === 0, target, ask, randomOf(number), ledger),
  );
  await lives.start();
  const over = AbortSignal.any([interrupted, AbortSignal.timeout(minutes * 60_000)]);
  await Promise.all([
    killWorkers(lives, randomOf(CLIENTS), workerKills, over),
    killService(lives, randomOf(CLIENTS + 1), over),
    ...clients.map((client) => client.send(over)),
  ]);
}

/** @returns what the database holds in the end */
async function audit(lives: Lives, ledger: Ledger): Promise<Records> {
  // Once more, for a start sweeps: what is left after this one is nobody's.
  await lives.end('SIGKILL');
  await lives.start();
  const ask = asking(lives.url, ledger);
  await settle(ask);
  await auditAnswers(ask, ledger);
  await lives.end('SIGTERM');
  const records = readRecords(join(lives.folder, 'darkroom.db'));
  auditRecords(records, ledger);
  await auditFiles(lives.folder, records, ledger);
  return records;
}
