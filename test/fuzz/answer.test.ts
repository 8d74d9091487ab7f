import { expect, test } from 'vitest';
import { answerIn, faultOf, labelOf } from './requests/answer.ts';

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';
const WHOLE: [string, string, boolean][] = [
  ['by its length', `${HEAD}Content-Length: 2\r\n\r\n{}`, false],
  ['in chunks', `${HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n`, false],
  ['after an interim one', `HTTP/1.1 100 Continue\r\n\r\n${HEAD}Content-Length: 2\r\n\r\n{}`, false],
  ['to the end of the connection', `${HEAD}\r\n{}`, true],
];

test.each(WHOLE)('an answer is read %s, and not before it is whole', (_, text, isOver) => {
  expect(answerIn(Buffer.from(text), false, isOver)).toMatchObject({ status: 200, body: Buffer.from('{}') });
  for (let length = 0; length < text.length - 2; length++) {
    expect(answerIn(Buffer.from(text.slice(0, length)), false, false)).toBeNull();
  }
});

test('an answer to HEAD has no body, whatever its length says', () => {
  const answer = answerIn(Buffer.from(`${HEAD}Content-Length: 9\r\n\r\n`), true, false);
  expect(answer?.body).toHaveLength(0);
});

const ON_EVERY_ANSWER = {
  'x-request-id': '1',
  'x-content-type-options': 'nosniff',
  'content-security-policy': 'x',
};

function fault(status: number, type: string, body: unknown, given: object = ON_EVERY_ANSWER): string | null {
  const headers = new Map(Object.entries({ ...given, 'content-type': type }));
  return faultOf({
    kind: 'answer',
    status,
    headers,
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  });
}

const PROBLEM = {
  type: 'urn:darkroom:problem:not_found',
  title: 'x',
  status: 404,
  detail: 'x',
  code: 'not_found',
  requestId: '1',
};

test.each([
  [200, 'application/json', {}],
  [206, 'image/webp', 'bytes'],
  [204, 'none', ''],
  [404, 'application/problem+json', PROBLEM],
  [400, 'none', ''],
  [503, 'application/problem+json', { ...PROBLEM, status: 503, code: 'no_worker' }],
])('%i of %s is as it should be', (status, type, body) => {
  expect(fault(status, type, body)).toBeNull();
});

test.each([
  [500, 'application/problem+json', { ...PROBLEM, status: 500, code: 'internal' }, '500: '],
  [507, 'none', '', '507: '],
  [404, 'text/html', '<h1>', 'a body of text/html'],
  [404, 'application/problem+json', 'x', 'no problem of ours'],
  [404, 'application/problem+json', { ...PROBLEM, requestId: undefined }, 'no problem of ours'],
  [410, 'application/problem+json', PROBLEM, 'and its body says'],
  [200, 'application/json', '{', 'no JSON'],
  [200, 'text/html', '<h1>', 'a body of text/html'],
])('%i of %s is not', (status, type, body, says) => {
  expect(fault(status, type, body)).toContain(says);
});

test('an answer without what every answer has is not as it should be', () => {
  expect(fault(200, 'application/json', {}, {})).toBe('200 without x-request-id');
});

test('an answer is counted by its status and the code of its problem', () => {
  expect(labelOf({ status: 404, body: Buffer.from(JSON.stringify(PROBLEM)) })).toBe('404 not_found');
  expect(labelOf({ status: 200, body: Buffer.from('{"code":"x"}') })).toBe('200');
});
