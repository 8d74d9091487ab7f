import { rm } from 'node:fs/promises';
import { seededRandom } from '../../fixtures/headers/seeded-random.ts';
import { dataFolder } from '../../helpers/service.ts';
import { total } from '../../load/statistics.ts';
import { asking } from './asking.ts';
import { auditAnswers } from './audit-answers.ts';
import { auditFiles } from './audit-files.ts';
import { auditRecords } from './audit-records.ts';
import type { Breach } from './breach.ts';
import { Client } from './client.ts';
import { killWorkers } from './kills.ts';
import { Ledger } from './ledger.ts';
import { ManyNodes } from './many-nodes.ts';
import { type Matrix, matrixOf } from './matrix.ts';
import { OneMachine } from './one-machine.ts';
import type { Records } from './records.ts';
import { settle } from './settle.ts';
import type { Site } from './site.ts';

/** More than the workers and the queue hold: some are refused at any time. */
const CLIENTS = 8;

export interface Course {
  profile: 'embedded' | 'cluster';
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
  const Place = course.profile === 'cluster' ? ManyNodes : OneMachine;
  await using site = await Place.prepare(root, course.runtime, ledger);
  watch(() => ({
    accepted: ledger.accepted.length,
    workerKills: total(workerKills),
    serviceKills: total(site.measured().serviceKills),
  }));
  const begin = performance.now();
  await sendAndKill(course, interrupted, site, ledger, workerKills);
  const seconds = (performance.now() - begin) / 1000;
  const records = await audit(site, ledger);

  const { breaches } = ledger;
  const isWhole = breaches.length === 0;
  if (isWhole) await rm(root, { recursive: true });
  return {
    matrix: matrixOf({ ledger, records, workerKills, ...site.measured() }),
    breaches,
    seconds,
    keptIn: isWhole ? null : root,
  };
}

async function sendAndKill(
  { minutes, seed }: Course,
  interrupted: AbortSignal,
  site: Site,
  ledger: Ledger,
  workerKills: Record<string, number>,
): Promise<void> {
  // Each that decides by chance has numbers of its own: else the order of events would decide who has which.
  const randomOf = (actor: number) => seededRandom(seed * 100 + actor);
  const target = () => site.target();
  const ask = asking(target, ledger);
  const clients = Array.from(
    { length: CLIENTS },
    (_, number) => new Client(`client-${number}`, number % 2 === 0, target, ask, randomOf(number), ledger),
  );
  await site.start();
  const over = AbortSignal.any([interrupted, AbortSignal.timeout(minutes * 60_000)]);
  await Promise.all([
    killWorkers(() => site.workers(), randomOf(CLIENTS), workerKills, over),
    site.kill((actor) => randomOf(CLIENTS + 1 + actor), over),
    ...clients.map((client) => client.send(over)),
  ]);
}

/** @returns what the database holds in the end */
async function audit(site: Site, ledger: Ledger): Promise<Records> {
  await site.startForAudit();
  const ask = asking(() => site.target(), ledger);
  await settle(ask);
  await auditAnswers(ask, ledger);
  const { records, files, left } = await site.end();
  auditRecords(records, ledger);
  await auditFiles(files, records, ledger);
  for (const what of left) ledger.broke('orphaned', what, 'no row names it');
  return records;
}
