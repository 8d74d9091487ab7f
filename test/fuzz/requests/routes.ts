import { createApp } from '../../../server/app.ts';
import type { Parts } from '../../../server/routes/context.ts';

export interface Route {
  method: string;
  /** With the names of its parameters, such as `/images/:id`. */
  path: string;
}

/** To put routes together, no part of the service is used. */
const parts = { origins: [], access: { signedUrls: null } } as unknown as Parts;

/** Each that the service has, as the router knows it: a new one is mutated from its first day on. */
export const ROUTES: readonly Route[] = [
  ...new Map(
    createApp(parts)
      // An answer that has no end is none that can be waited for.
      .routes.filter(({ method, path }) => method !== 'ALL' && !path.endsWith('/events'))
      .map(({ method, path }) => [`${method} ${path}`, { method, path }]),
  ).values(),
];
