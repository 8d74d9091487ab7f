import { Hono } from 'hono';
import type { RouterRoute } from 'hono/types';
import { documents, type Operation } from '../contract/operation.ts';
import type { Published } from '../contract/published.ts';
import type { AppEnv } from './context.ts';
import { accessOf, needs } from './needs.ts';

const CONTRACT: Operation = {
  id: 'contract',
  summary: 'This contract, as OpenAPI 3.1',
  answers: { 200: { description: 'For tools', body: ['application/json'] } },
  problems: [],
};

const READER: Operation = {
  id: 'reader',
  summary: 'The same to read',
  answers: { 200: { description: 'A page that loads nothing', body: ['text/html'] } },
  problems: [],
};

/** Both are made when they are first asked for: whoever only uploads pays nothing for them. */
export function contractRoutes(routes: () => readonly RouterRoute[]) {
  let contract: Promise<Published> | null = null;
  const made = () => {
    contract ??= import('../contract/published.ts').then(({ published }) => published(routes(), accessOf));
    return contract;
  };
  return new Hono<AppEnv>()
    .get('/openapi.json', needs('public'), documents(CONTRACT), async (c) => {
      const { json } = await made();
      return c.body(json, 200, { 'content-type': 'application/json', 'cache-control': 'no-cache' });
    })
    .get('/docs', needs('public'), documents(READER), async (c) => {
      const { page, pagePolicy } = await made();
      return c.html(page, 200, { 'cache-control': 'no-cache', 'content-security-policy': pagePolicy });
    });
}
