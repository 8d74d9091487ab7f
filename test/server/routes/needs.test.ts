import { expect, test } from 'vitest';
import { createApp } from '../../../server/app.ts';
import type { Parts } from '../../../server/routes/context.ts';
import { accessOf } from '../../../server/routes/needs.ts';

/** What each route asks of a caller. A new route is to be entered here, with thought. */
const ACCESS = {
  'POST /upload': 'upload or a ticket',
  'POST /tickets': 'upload',
  'GET /images/:id': 'read',
  'GET /images/:id/similar': 'read',
  'GET /images/:id/:variant': 'public',
  'DELETE /images/:id': 'upload',
  'GET /jobs/:id': 'read',
  'POST /jobs/:id/retry': 'admin',
  'GET /jobs': 'admin',
  'GET /quarantine': 'admin',
  'DELETE /quarantine/:sha256': 'admin',
  'POST /reprocess': 'admin',
  'GET /reprocess': 'admin',
  'GET /livez': 'public',
  'GET /readyz': 'public',
};

/** To put routes together, no part of the service is used. */
const parts = { origins: ['https://shop.example'] } as unknown as Parts;

test('every route says what it needs, before anything else of it', () => {
  const first = new Map<string, string>();
  for (const { method, path, handler } of createApp(parts).routes) {
    const route = `${method} ${path}`;
    // Of all methods: what stands before every route, and what says that a method is not possible.
    if (method !== 'ALL' && !first.has(route)) first.set(route, accessOf(handler) ?? 'says nothing');
  }
  expect(Object.fromEntries(first)).toEqual(ACCESS);
});
