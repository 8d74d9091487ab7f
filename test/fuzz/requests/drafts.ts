import type { Random } from '../random.ts';
import { goodForm, mutatedForm } from './forms.ts';
import type { Header } from './headers.ts';
import { type Known, oneOr } from './known.ts';
import type { Route } from './routes.ts';
import { mutateText, oddText } from './texts.ts';

/** A request before it is written. */
export interface Draft {
  method: string;
  path: string;
  query: [name: string, value: string][];
  headers: Header[];
  body: Buffer;
}

const NOBODY = '00000000-0000-4000-8000-000000000000';
const PRESETS = ['jpeg', 'both', 'default', 'none'];
const VARIANTS = ['small', 'small.jpg', 'small.webp', 'small.0123456789abcdef.jpg', 'large', 'similar'];
const STATES = ['queued', 'running', 'succeeded', 'failed', 'quarantined', 'cancelled', 'none'];

/** Values of query parameters that some route takes. */
const PARAMETERS: Record<string, (known: Known, random: Random) => string> = {
  preset: (_, random) => random.pick(PRESETS),
  metadata: (_, random) => random.pick(['{"a":1}', '{}', '[]', '{"a":', `{"a":${'['.repeat(500)}`]),
  focus: (_, random) => random.pick(['0.5,0.5', '1,0', '2,2']),
  status: (_, random) => random.pick(STATES),
  limit: (_, random) => String(random.pick([1, 2, 20, 50, 200, 201, 0])),
  cursor: (known, random) => oneOr(known.cursors, 'e30', random),
  since: (_, random) => random.pick(['2026-01-01', '2999-01-01T00:00:00Z', '2026-02-30']),
  distance: (_, random) => String(random.pick([0, 7, 11, 12])),
  ticket: (known, random) => oneOr(known.tickets, 'e30.e30.e30', random),
};

/** Made of the parameters that the routes of this path take. */
const QUERIES: Partial<Record<string, readonly string[]>> = {
  '/upload': ['preset', 'metadata', 'focus', 'ticket'],
  '/jobs': ['status', 'limit', 'cursor'],
  '/quarantine': ['limit', 'cursor'],
  '/reprocess': ['preset', 'since', 'limit', 'cursor'],
  '/images/:id/similar': ['distance', 'limit'],
};

/** A request to a route that is as it should be, or nearly: what it names is there, mostly. */
export function draftOf(route: Route, known: Known, picture: Buffer, key: string, random: Random): Draft {
  const draft: Draft = {
    method: route.method,
    path: filled(route.path, known, random),
    query: queryOf(route.path, known, random),
    headers: [['Authorization', `Bearer ${key}`]],
    body: Buffer.alloc(0),
  };
  if (route.path === '/upload') bringPicture(draft, picture, random);
  if (route.path === '/tickets') bringJson(draft, random);
  return draft;
}

function filled(path: string, known: Known, random: Random): string {
  const ids = path.startsWith('/jobs') ? known.jobs : known.images;
  return path
    .replace(':id', random.chance(0.9) ? oneOr(ids, NOBODY, random) : NOBODY)
    .replace(':variant', random.pick(VARIANTS))
    .replace(':sha256', oneOr(known.sha256s, 'a'.repeat(64), random));
}

function queryOf(path: string, known: Known, random: Random): [string, string][] {
  const query: [string, string][] = [];
  for (const name of QUERIES[path] ?? []) {
    // Whoever has a ticket needs no key, and one ticket is one upload.
    if (random.chance(name === 'ticket' ? 0.15 : 0.4))
      query.push([name, PARAMETERS[name]?.(known, random) ?? '']);
  }
  if (path === '/reprocess' && !query.some(([name]) => name === 'preset')) query.push(['preset', 'none']);
  return query;
}

function bringPicture(draft: Draft, picture: Buffer, random: Random): void {
  const fields = random.chance(0.3) ? { preset: random.pick(PRESETS), metadata: '{"a":1}' } : {};
  const { contentType, body } = random.weighted([
    [2, () => ({ contentType: random.pick(['image/jpeg', 'image/x', 'IMAGE/png; q=1']), body: picture })],
    [2, () => goodForm(picture, fields)],
    [6, () => mutatedForm(picture, fields, random)],
  ])();
  draft.headers.push(['Content-Type', contentType]);
  draft.body = body;
}

function bringJson(draft: Draft, random: Random): void {
  const asked: Record<string, unknown> = {};
  if (random.chance(0.5)) asked.expiresIn = random.pick<unknown>([60, 1, 0, -1, 1e12, '60', null, 1.5]);
  if (random.chance(0.5)) asked.maxBytes = random.pick<unknown>([4_000_000, 1, 0, 1e99, [], {}]);
  if (random.chance(0.3)) asked.preset = random.pick<unknown>([...PRESETS, null, 7, oddText(random)]);
  const text = JSON.stringify(asked);
  draft.headers.push(['Content-Type', 'application/json']);
  draft.body = Buffer.from(
    random.weighted([
      [5, text],
      [2, mutateText(text, random)],
      [1, '['.repeat(random.pick([10, 4_000, 5_000]))],
      [1, `{"__proto__":${text}}`],
    ]),
  );
}
