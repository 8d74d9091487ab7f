import { createHash } from 'node:crypto';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';
import { RateLimits } from '../../../server/access/rate-limits.ts';
import { createApp } from '../../../server/app.ts';
import { PAGE_POLICY, pageOf } from '../../../server/contract/docs-page.ts';
import { operationOf } from '../../../server/contract/operation.ts';
import { PROBLEMS, type ProblemCode } from '../../../server/problem.ts';
import type { Parts } from '../../../server/routes/context.ts';
import { SCOPES } from '../../../shared/domain/access.ts';
import { DEFAULT_TENANT } from '../../../shared/domain/ids.ts';
import { StoreError } from '../../../shared/errors.ts';
import { CONTRACT, documentedAnswers, heldToContract } from '../../helpers/contract.ts';
import { recordingLog } from '../../helpers/recording-log.ts';

test('the contract is valid OpenAPI 3.1', async () => {
  const { valid, errors } = await new Validator().validate({ ...CONTRACT });
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
});

test('every route is in it, by a name of its own', () => {
  const routes = createApp(partsWith({})).routes.filter(({ method }) => method !== 'ALL');
  const named = new Map<string, string | undefined>();
  for (const { method, path, handler } of routes) {
    const route = `${method} ${path}`;
    named.set(route, named.get(route) ?? operationOf(handler)?.id);
  }
  expect([...named].filter(([, id]) => id === undefined)).toEqual([]);
  expect(new Set(named.values()).size).toBe(named.size);
});

test('every part of it that is told by its name has one', () => {
  const names = Object.keys(CONTRACT.components?.schemas ?? {});
  expect(names).toContain('Json');
  expect(names.filter((name) => !/^[A-Z]/.test(name))).toEqual([]);
});

test('every refusal is that of some route, but those of what is no route', () => {
  const documented = new Set(documentedAnswers().map(({ code }) => code));
  const missing = Object.keys(PROBLEMS).filter((code) => !documented.has(code));
  expect(missing).toEqual(['method_not_allowed']);
});

/** Parts of a service in which all that fails does so in this way, and what is asked for is not there. */
function partsWith(changes: object, fail: () => never = () => failing(new Error('broken'))): Parts {
  const failed = new Proxy({}, { get: () => fail });
  return {
    log: recordingLog().log,
    access: {
      identify: () => ({ keyId: 'test', tenant: DEFAULT_TENANT, scopes: new Set(SCOPES) }),
      rateLimits: new RateLimits({ requestsPerKey: 0, requestsPerAddress: 0 }),
      clientAddress: (peer: string) => peer,
      signedUrls: null,
      tickets: failed,
      ...('access' in changes && (changes.access as object)),
    },
    peerOf: () => '192.0.2.1',
    isDraining: () => false,
    isClosing: () => false,
    readiness: fail,
    opsState: fail,
    origins: [],
    maxUploadBytes: 1,
    bodyOf: fail,
    patience: { stallMs: 1, wholeMs: 1 },
    store: failed,
    storage: failed,
    intake: failed,
    resumable: failed,
    presets: failed,
    direct: failed,
    watch: failed,
    events: failed,
    cut: fail,
    retries: failed,
    endpoints: () => [{ id: 'shop', url: new URL('https://shop.example'), tenant: null, events: [] }],
  } as unknown as Parts;
}

function failing(error: Error): never {
  throw error;
}

const ID = '5f0c7a52-0000-4000-8000-000000000000';

/** Of those that need one. */
const QUERIES: Record<string, string> = {
  '/reprocess': '?preset=default',
  '/webhooks/{endpoint}/replay': '?since=2026-01-31',
};

/** A request to each operation that is not for everybody. */
const PROTECTED = Object.entries(CONTRACT.paths ?? {}).flatMap(([path, item]) =>
  (['get', 'post', 'patch', 'delete'] as const).flatMap((method) => {
    const operation = item[method];
    if (!operation || operation.security?.length === 0) return [];

    const filled = path
      .replace('{id}', ID)
      .replace('{tenant}', 'shop')
      .replace('{sha256}', '0'.repeat(64))
      .replace('{endpoint}', 'shop');
    const query = QUERIES[path] ?? '?';
    return [{ name: `${method} ${path}`, method: method.toUpperCase(), path: filled + query }];
  }),
);

const NOBODY = { identify: () => null };
const WITHOUT_SCOPES = { identify: () => ({ keyId: 'test', tenant: DEFAULT_TENANT, scopes: new Set() }) };
const NO_MORE = {
  rateLimits: { count: async () => ({ policy: 'key', limit: 1, remaining: -1, seconds: 9 }) },
};

const TICKET = {
  id: ID,
  keyId: 'test',
  tenant: DEFAULT_TENANT,
  maxBytes: 1,
  preset: null,
  expires: null,
  expiresAt: Infinity,
};
const BY_TICKET = { tickets: { read: async () => TICKET } };

interface Way {
  code: ProblemCode;
  access: object;
  /** Added to the query. */
  more?: string;
  fail?: () => never;
}

const WAYS: Way[] = [
  { code: 'no_key', access: NOBODY },
  { code: 'not_allowed', access: WITHOUT_SCOPES },
  { code: 'rate_limited', access: NO_MORE },
  { code: 'internal', access: BY_TICKET, more: '&ticket=t' },
  {
    code: 'store_unavailable',
    access: BY_TICKET,
    more: '&ticket=t',
    fail: () => failing(new StoreError('storage_unavailable', 'out of reach')),
  },
];

/** Without these a request to /files is refused for want of them. */
const OF_TUS = {
  'tus-resumable': '1.0.0',
  'upload-length': '1',
  'upload-offset': '0',
  'x-http-method-override': 'PATCH',
  'content-type': 'application/offset+octet-stream',
};

describe.for(WAYS)('$code', ({ code, access, more = '', fail }) => {
  const documented = documentedAnswers().filter((answer) => answer.code === code);
  const answering = PROTECTED.filter(({ name }) =>
    documented.some(({ method, path }) => `${method} ${path}` === name),
  );

  test.for(answering)('$name', async ({ method, path: asked }) => {
    const path = asked + more;
    const app = createApp(partsWith({ access }, fail));
    const answer = await app.request(path, { method, headers: OF_TUS });
    await heldToContract(method, new URL(path, 'http://darkroom.test'), answer);
    expect(await answer.json()).toMatchObject({ code });
  });
});

describe('the page', () => {
  const page = pageOf(CONTRACT);

  test('tells of every operation and every refusal', () => {
    for (const { path, method } of documentedAnswers())
      expect(page).toContain(`${method.toUpperCase()} ${path}`);
    for (const code of Object.keys(PROBLEMS)) expect(page).toContain(code);
  });

  test('loads nothing, runs nothing, and may not', () => {
    expect(page).not.toMatch(/<script|<img|<link|\bsrc=|https?:|@import|\burl\(/);
    const style = /<style>([\s\S]*)<\/style>/.exec(page)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(PAGE_POLICY).toContain(`style-src 'sha256-${hash}'`);
    expect(PAGE_POLICY).toMatch(/^default-src 'none'/);
  });

  test('has no link to what it does not have', () => {
    const targets = new Set([...page.matchAll(/id="([^"]+)"/g)].map(([, id]) => id));
    const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(links.length).toBeGreaterThan(20);
    expect(links.filter((link) => !targets.has(link))).toEqual([]);
  });
});
