import { PROBLEMS, ProblemBody } from '../../../server/problem.ts';

/** An answer as it came: RFC 9112. */
export interface Answer {
  kind: 'answer';
  status: number;
  headers: Map<string, string>;
  body: Buffer;
}

const HEAD_END = '\r\n\r\n';
/** Of those that every answer of ours has, whatever it says. */
const ON_EVERY_ANSWER = ['x-request-id', 'x-content-type-options', 'content-security-policy'];
/** What is no JSON: originals, variants and the mark, pages and what they load, metrics. */
const OTHERS = /^(?:image\/[a-z+]+|text\/(?:html|css|javascript|plain); .+)$/;

/** The first answer in these bytes that is not an interim one; null while it is not whole. */
export function answerIn(bytes: Buffer, isHead: boolean, isOver: boolean): Answer | null {
  const end = bytes.indexOf(HEAD_END);
  const [, code] = /^HTTP\/1\.[01] (\d{3})/.exec(bytes.toString('latin1', 0, 16)) ?? [];
  if (end < 0 || code === undefined) return null;
  const status = Number(code);
  const rest = bytes.subarray(end + HEAD_END.length);
  if (status < 200) return answerIn(rest, isHead, isOver);
  const headers = headersIn(bytes.toString('latin1', 0, end));
  const isEmpty = isHead || status === 204 || status === 304;
  const body = isEmpty ? Buffer.alloc(0) : bodyIn(rest, headers, isOver);
  return body && { kind: 'answer', status, headers, body };
}

function headersIn(head: string): Map<string, string> {
  const lines = head.split('\r\n').slice(1);
  return new Map(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
}

function bodyIn(rest: Buffer, headers: ReadonlyMap<string, string>, isOver: boolean): Buffer | null {
  if (headers.get('transfer-encoding') === 'chunked') return unchunked(rest);
  const length = headers.get('content-length');
  if (length === undefined) return isOver ? rest : null;
  return rest.length >= Number(length) ? rest.subarray(0, Number(length)) : null;
}

function unchunked(rest: Buffer): Buffer | null {
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = rest.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    const length = Number.parseInt(rest.toString('latin1', at, lineEnd), 16);
    const end = lineEnd + 2 + length;
    if (rest.length < end + 2) return null;
    if (length === 0) return Buffer.concat(pieces);
    pieces.push(rest.subarray(lineEnd + 2, end));
    at = end + 2;
  }
}

/** The name of an answer in the counts: its status, and the code of a problem. */
export function labelOf({ status, body }: Pick<Answer, 'status' | 'body'>): string {
  const [, code] = /"code":"([a-z_]+)"/.exec(status < 400 ? '' : body.toString('latin1')) ?? [];
  return code === undefined ? String(status) : `${status} ${code}`;
}

/** What is wrong with an answer, whatever it answers; null for nothing. */
export function faultOf({ status, headers, body }: Answer): string | null {
  if (status >= 500 && status !== 503) return `${status}: ${body.toString('latin1', 0, 300)}`;
  // Without a body it may be the runtime's own, to what is no request.
  if (body.length === 0) return null;
  const missing = ON_EVERY_ANSWER.find((name) => !headers.has(name));
  if (missing !== undefined) return `${status} without ${missing}`;
  const type = headers.get('content-type') ?? 'no type';
  if (status < 400) {
    if (type !== 'application/json') return OTHERS.test(type) ? null : `${status} with a body of ${type}`;
    return isJson(body) ? null : `${status} with a body that is no JSON`;
  }
  return type === 'application/problem+json'
    ? problemFault(status, body.toString())
    : `${status} with a body of ${type}`;
}

/** What is wrong with the body of a refusal: RFC 9457, and our own list. */
export function problemFault(status: number, body: string): string | null {
  const problem = isJson(body) ? ProblemBody.safeParse(JSON.parse(body)).data : undefined;
  if (!problem) return `${status} with a body that is no problem of ours: ${body.slice(0, 300)}`;
  return problem.status === status && PROBLEMS[problem.code].status === status
    ? null
    : `${status}, and its body says ${body}`;
}

function isJson(body: Buffer | string): boolean {
  try {
    JSON.parse(body.toString());
    return true;
  } catch {
    return false;
  }
}
