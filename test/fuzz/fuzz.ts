import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { dataFolder } from '../helpers/service.ts';
import { type Audit, audit, type Tell } from './audit.ts';
import { type Finding, Findings } from './findings.ts';
import { startFuzzedService } from './fuzzed-service.ts';
import { type MemoryFigures, MemoryWatch } from './memory-watch.ts';
import { basePictures, picturesBelow } from './pictures/base-pictures.ts';
import { Known } from './requests/known.ts';
import { schedule, type Wanted } from './schedule.ts';
import { type Bench, bytesOf, IN_FLIGHT, send } from './senders.ts';
import { endWhole } from './wholeness.ts';

const MIB = 2 ** 20;

/** What the server may hold more at the end than after its warm-up: a heap is let grow before it is collected. */
const GROWTH_BYTES = 128 * MIB;

/** Enough for one that was made and one that has failed. */
const PICTURES_BEFORE = 10;

export interface Course extends Wanted {
  seed: number;
  runtime: 'node' | 'bun';
  minutes: number;
  /** Of more pictures to make mutants of. */
  folder?: string | undefined;
  /** The name of the one case that is to be sent. */
  case?: string | undefined;
}

export interface Outcome extends Audit, MemoryFigures {
  /** By status and code. */
  pictures: Record<string, number>;
  requests: Record<string, number>;
  /** Workers that ended by themselves, or were killed. */
  deaths: number;
  seconds: number;
  findings: readonly Finding[];
  /** Of the findings, those that are broken promises. */
  broken: number;
  /** Data and findings; null where there is nothing to look at. */
  keptIn: string | null;
  /** What the last case was answered. */
  answer: string;
}

/**
 * Sends mutated pictures and requests to a service, follows them to their end, and holds what is there against what was
 * answered.
 * @param interrupted ends the sending early
 * @param watch is given how many cases were sent
 */
export async function fuzz(
  course: Course,
  interrupted: AbortSignal,
  watch: (sent: () => number) => void = () => {},
): Promise<Outcome> {
  const root = await dataFolder();
  const own = await basePictures();
  const more = course.folder === undefined ? [] : await picturesBelow(course.folder);
  const findings = new Findings(join(root, 'findings'), course.seed);
  const fuzzed = await startFuzzedService(root, course.runtime, more.length > 0);
  await using service = fuzzed.service;
  const bench: Bench = {
    seed: course.seed,
    port: Number(new URL(service.url).port),
    bases: [...own, ...more],
    picture: own[0]?.bytes ?? Buffer.alloc(0),
    known: new Known(),
    accepted: [],
    findings,
    counts: { pictures: {}, requests: {} },
  };
  const tell: Tell = (subject, how, isBroken) =>
    findings.add({ subject, how, isBroken }, bytesOf(subject, bench));

  const memory = new MemoryWatch(service.pid);
  const begin = performance.now();
  const answer = await sendAll(course, bench, service.exited, interrupted, watch);
  const seconds = (performance.now() - begin) / 1000;
  const { rssBytes } = memory.end();
  if (rssBytes && rssBytes.end > rssBytes.warm + GROWTH_BYTES)
    tell('server', `grew: ${JSON.stringify(rssBytes)}`, true);
  await endWhole(fuzzed, tell);
  const { deaths, errors, details } = fuzzed.sayings;
  for (const line of errors) tell(String(line.requestId ?? 'server'), JSON.stringify(line), true);
  for (const [subject, detail] of details) tell(subject, `its worker said: ${detail}`, false);
  const audited = await audit(service.folder, bench.accepted, deaths, tell);

  if (course.case !== undefined) tell(course.case, answer, false);
  await findings.written();
  const isQuiet = findings.all.length === 0;
  if (isQuiet) await rm(root, { recursive: true });
  return {
    ...bench.counts,
    ...audited,
    rssBytes,
    deaths: deaths.length,
    seconds,
    findings: findings.all,
    broken: findings.all.filter(({ isBroken }) => isBroken).length,
    keptIn: isQuiet ? null : root,
    answer,
  };
}

/** @returns what the last case was answered */
async function sendAll(
  course: Course,
  bench: Bench,
  exited: Promise<unknown>,
  interrupted: AbortSignal,
  watch: (sent: () => number) => void,
): Promise<string> {
  const ended = new AbortController();
  exited.then(() => ended.abort());
  const late = Number.isFinite(course.minutes) ? [AbortSignal.timeout(course.minutes * 60_000)] : [];
  const over = AbortSignal.any([interrupted, ended.signal, ...late]);
  const names = course.case === undefined ? schedule(course) : alone(course.case);
  let sent = 0;
  let answer = '';
  watch(() => sent);
  const sender = async () => {
    for (const name of names) {
      if (over.aborted) return;
      answer = await send(name, bench);
      sent++;
    }
  };
  await Promise.all(Array.from({ length: course.case === undefined ? IN_FLIGHT : 1 }, sender));
  return answer;
}

/** A request comes after some pictures, so that there is something for it to name. */
function* alone(name: string): Generator<string, void> {
  if (name.startsWith('request-')) yield* schedule({ pictures: PICTURES_BEFORE, requests: 0 });
  yield name;
}
