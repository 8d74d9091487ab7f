import { expect } from 'vitest';
import type { z } from 'zod';
import { PROBLEMS, ProblemBody, type ProblemCode } from '../../server/problem.ts';
import type { RawAnswer } from './http-exchange.ts';

/** What no client may read: stacks, files, libraries, parameters of ours. */
const INTERNALS =
  /\n\s+at |\.ts\b|node_modules|node:|\/(?:tmp|work|home|spool|originals|scratch)\b|sqlite|vips/i;

/** Checks that an answer is the refusal `code`, whole and with nothing of our inside, and gives its body. */
export async function expectProblem(
  answer: Response | RawAnswer,
  code: ProblemCode,
): Promise<z.infer<typeof ProblemBody>> {
  const isResponse = answer instanceof Response;
  const text = isResponse ? await answer.text() : answer.body;
  const header = (name: string) => (isResponse ? answer.headers.get(name) : answer.headers[name]);
  const { status, title } = PROBLEMS[code];

  expect({ status: answer.status, text }).toMatchObject({
    status,
    text: expect.stringContaining(`"${code}"`),
  });
  expect(header('content-type')).toBe('application/problem+json');
  expect(header('cache-control')).toBe('no-store');
  expect(header('x-content-type-options')).toBe('nosniff');
  expect(header('content-security-policy')).toMatch(/^default-src 'none'; .*sandbox$/);
  expect(header('server')).toBeFalsy();
  expect(header('x-powered-by')).toBeFalsy();
  expect(text).not.toMatch(INTERNALS);
  const body = ProblemBody.parse(JSON.parse(text));
  expect(body).toMatchObject({ type: `urn:darkroom:problem:${code}`, code, status, title });
  expect(body.detail).toMatch(/^[A-Z].*\.$/);
  expect(body.requestId).toBe(header('x-request-id'));
  return body;
}
