import { Hono } from 'hono';
import { documents, type Operation } from '../contract/operation.ts';
import { WebPages } from '../delivery/web-pages.ts';
import type { AppEnv, Parts } from './context.ts';
import { needs } from './needs.ts';

const PAGE: Operation = {
  id: 'uploadPage',
  summary: 'A page to upload photos from',
  answers: {
    200: { description: 'For browsers; what it shows it asks this service for', body: ['text/html'] },
  },
  problems: [],
};

const OPS: Operation = {
  id: 'opsPage',
  summary: 'A page for operators',
  description: 'What it shows needs the scope `admin`.',
  answers: { 200: { description: 'For browsers', body: ['text/html'] } },
  problems: [],
};

const FILE: Operation = {
  id: 'webFile',
  summary: 'What the pages consist of',
  answers: {
    200: {
      description: 'A script, a style, or a picture',
      body: ['text/javascript', 'text/css', 'image/svg+xml'],
    },
  },
  problems: ['not_found'],
};

export function webRoutes({ maxUploadBytes, redirectsReads, direct }: Parts) {
  const pages = new WebPages({ maxUploadBytes, bucket: redirectsReads ? direct : null });
  return new Hono<AppEnv>()
    .get('/', needs('public'), documents(PAGE), () => pages.page('page'))
    .get('/ops', needs('public'), documents(OPS), () => pages.page('ops'))
    .get('/web/:version/:folder/:file', needs('public'), documents(FILE), (c) =>
      pages.file(c.req.param('version'), `${c.req.param('folder')}/${c.req.param('file')}`),
    );
}
