import { describe, expect, test, vi } from 'vitest';
import { identifyAnybody } from '../../../server/access/identify.ts';
import { RateLimits } from '../../../server/access/rate-limits.ts';
import { SignedUrls } from '../../../server/access/signed-urls.ts';
import { SigningKeys } from '../../../server/access/signing-keys.ts';
import { createApp } from '../../../server/app.ts';
import type { Parts } from '../../../server/routes/context.ts';
import { accessOf } from '../../../server/routes/needs.ts';
import { newImageId } from '../../../shared/domain/ids.ts';
import { recordingLog } from '../../helpers/recording-log.ts';

/** What each route asks of a caller. A new route is to be entered here, with thought. */
const ACCESS = {
  'POST /upload': 'upload or a ticket',
  'POST /uploads/:id/complete': 'upload or a ticket',
  'OPTIONS /files': 'public',
  'POST /files': 'upload or a ticket',
  'GET /files/:id': 'upload or a ticket',
  'PATCH /files/:id': 'upload or a ticket',
  'POST /files/:id': 'upload or a ticket',
  'DELETE /files/:id': 'upload or a ticket',
  'POST /tickets': 'upload',
  'GET /images': 'read',
  'GET /images/:id/original': 'originals',
  'GET /images/:id': 'read',
  'GET /images/:id/similar': 'read',
  'GET /images/:id/:variant': 'public',
  'DELETE /images/:id': 'upload',
  'GET /jobs/:id': 'read',
  'POST /jobs/:id/retry': 'admin',
  'GET /jobs': 'admin',
  'GET /jobs/:id/events': 'read',
  'GET /events': 'read',
  'GET /quarantine': 'admin',
  'DELETE /quarantine/:sha256': 'admin',
  'POST /reprocess': 'admin',
  'GET /reprocess': 'admin',
  'POST /erasures': 'admin',
  'GET /usage': 'read',
  'GET /tenants/:tenant/usage': 'admin',
  'GET /': 'public',
  'GET /ops': 'public',
  'GET /web/:version/:folder/:file': 'public',
  'GET /webhooks': 'admin',
  'GET /webhooks/:endpoint/deliveries': 'admin',
  'POST /webhooks/:endpoint/replay': 'admin',
  'POST /webhooks/:endpoint/enable': 'admin',
  'GET /livez': 'public',
  'GET /readyz': 'public',
  'GET /metrics': 'admin',
  'GET /ops/state': 'admin',
  'GET /openapi.json': 'public',
  'GET /docs': 'public',
};

/** To put routes together, no part of the service is used. */
const PARTS = { origins: ['https://shop.example'], access: { signedUrls: null } };

function accesses(parts: object): Record<string, string> {
  const first = new Map<string, string>();
  for (const { method, path, handler } of createApp(parts as Parts).routes) {
    const route = `${method} ${path}`;
    // Of all methods: what stands before every route, and what says that a method is not possible.
    if (method !== 'ALL' && !first.has(route)) first.set(route, accessOf(handler) ?? 'says nothing');
  }
  return Object.fromEntries(first);
}

test('every route says what it needs, before anything else of it', () => {
  expect(accesses(PARTS)).toEqual(ACCESS);
});

test('where addresses are signed, a variant needs a signature or a key', () => {
  const signedUrls = new SignedUrls(SigningKeys.ofThisProcess(), 60);
  const ofVariant = { 'GET /images/:id/:variant': 'read or a signature' };
  expect(accesses({ ...PARTS, access: { ...PARTS.access, signedUrls } })).toEqual({
    ...ACCESS,
    ...ofVariant,
  });
});

describe('where there are no keys, and addresses are signed', () => {
  const findImage = vi.fn(async () => null);
  const app = createApp({
    origins: [],
    log: recordingLog().log,
    access: {
      identify: identifyAnybody,
      rateLimits: new RateLimits({ requestsPerKey: 0, requestsPerAddress: 0 }),
      clientAddress: (peer: string) => peer,
      signedUrls: new SignedUrls(SigningKeys.ofThisProcess(), 60),
    },
    peerOf: () => '192.0.2.1',
    store: { findImage },
    isDraining: () => false,
    isClosing: () => false,
  } as unknown as Parts);

  test.each(['Bearer dk_anything', 'Basic eDp5', undefined])('%s is no key', async (authorization) => {
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await app.request(`/images/${newImageId()}/thumb.jpg`, { headers });
    expect(await answer.json()).toMatchObject({ status: 403, code: 'bad_signature' });
  });

  test('the store is asked for nothing that may not be read: no time tells what is there', () => {
    expect(findImage).not.toHaveBeenCalled();
  });
});
