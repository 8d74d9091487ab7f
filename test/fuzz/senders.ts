import { Accepted as AcceptedAnswer } from '../helpers/upload.ts';
import { keptConnections } from '../load/connections.ts';
import { exchange } from '../load/exchange.ts';
import { countOne } from '../load/statistics.ts';
import type { Accepted } from './audit.ts';
import type { Findings } from './findings.ts';
import { KEYS } from './fuzzed-service.ts';
import type { BasePicture } from './pictures/base-pictures.ts';
import { type PictureCase, pictureCase } from './pictures/picture-case.ts';
import { Random } from './random.ts';
import { faultOf, labelOf, problemFault } from './requests/answer.ts';
import type { Known } from './requests/known.ts';
import { type Exchange, rawExchange } from './requests/raw-exchange.ts';
import { type RequestCase, requestCase } from './requests/request-case.ts';

/** For an answer that has to come: longer than `Prefer: wait=60` and any deadline. */
const ANSWER_WITHIN_MS = 90_000;
/** What is no whole request may stand there until the service gives it up; a client does not wait so long. */
const BROKEN_WITHIN_MS = 1_500;

/** What all cases share. */
export interface Bench {
  seed: number;
  port: number;
  bases: readonly BasePicture[];
  /** That mutated requests bring. */
  picture: Buffer;
  known: Known;
  accepted: Accepted[];
  findings: Findings;
  counts: { pictures: Record<string, number>; requests: Record<string, number> };
}

/** As many connections as cases are sent at once. */
export const IN_FLIGHT = 8;
const agent = keptConnections(IN_FLIGHT);

/** Sends a case, and tells what was answered. */
export function send(name: string, bench: Bench): Promise<string> {
  return name.startsWith('picture-') ? sendPicture(name, bench) : sendRequest(name, bench);
}

/** The picture of a case, made again; null for what is no picture. */
export const bytesOf = (name: string, bench: Bench): Buffer | null =>
  name.startsWith('picture-') ? pictureOf(name, bench).picture : null;

const pictureOf = (name: string, { seed, bases }: Bench): PictureCase =>
  pictureCase(bases, new Random(seed, name));

/** Uploads a mutant, and waits for its end where it says so. */
async function sendPicture(name: string, bench: Bench): Promise<string> {
  const { path, headers, body, picture } = pictureOf(name, bench);
  const answer = await exchange({
    target: { authority: `127.0.0.1:${bench.port}`, host: '127.0.0.1', port: bench.port },
    agent,
    method: 'POST',
    path,
    headers: {
      ...headers,
      'Content-Length': body.length,
      Authorization: `Bearer ${KEYS.all}`,
      'X-Request-Id': name,
    },
    body: [body],
    timeoutMs: ANSWER_WITHIN_MS,
  });
  if (answer.kind === 'transport-error') {
    bench.findings.add({ subject: name, how: `no answer: ${answer.code}`, isBroken: true }, picture);
    countOne(bench.counts.pictures, answer.code);
    return answer.code;
  }
  const { status, body: text } = answer;
  const label = labelOf({ status, body: Buffer.from(text) });
  countOne(bench.counts.pictures, label);
  const isAccepted = status === 200 && noteAccepted(name, text, bench);
  const isBad = status >= 500 && status !== 503;
  const fault = isAccepted ? null : isBad || status < 400 ? `${status}: ${text}` : problemFault(status, text);
  if (fault) bench.findings.add({ subject: name, how: fault, isBroken: true }, picture);
  return `${label} ${text}`;
}

/** Sends a mutated request as it is. */
async function sendRequest(name: string, bench: Bench): Promise<string> {
  const request = requestCase(bench.known, bench.picture, KEYS, new Random(bench.seed, name));
  const answer = await rawExchange(
    bench.port,
    request,
    request.isWellFormed ? ANSWER_WITHIN_MS : BROKEN_WITHIN_MS,
  );
  const label = answer.kind === 'answer' ? labelOf(answer) : answer.kind;
  countOne(bench.counts.requests, label);
  const fault = faultIn(answer, request);
  if (fault)
    bench.findings.add({ subject: name, how: `${request.route}: ${fault}`, isBroken: true }, request.bytes);
  if (answer.kind !== 'answer') return label;
  const text = answer.body.toString('latin1');
  if (answer.status < 300) bench.known.learn(text);
  if (answer.status === 200 && request.route === 'POST /upload') noteAccepted(name, text, bench);
  return `${label} ${text}`;
}

function faultIn(answer: Exchange, { isWellFormed }: RequestCase): string | null {
  if (answer.kind !== 'answer') return isWellFormed ? `no answer: ${answer.kind}` : null;
  // What a runtime says of another version of HTTP than its own, or of what it takes for one.
  return answer.status === 505 && !isWellFormed ? null : faultOf(answer);
}

function noteAccepted(subject: string, text: string, { accepted, known }: Bench): boolean {
  const parsed = parse(text);
  if (!parsed) return false;
  accepted.push({ subject, imageId: parsed.id, jobId: parsed.links.job.replace('/jobs/', '') });
  known.learn(text);
  return true;
}

function parse(text: string) {
  try {
    return AcceptedAnswer.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
